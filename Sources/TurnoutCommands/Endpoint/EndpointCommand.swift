internal import ArgumentParser
internal import PlaybookSyntax
internal import RolloutEngine
internal import Rollouts

/// Looks at endpoints as the backend shows them, and changes them by hand.
struct EndpointCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "endpoint",
        abstract: "Look at the endpoints of a backend, and change them by hand.",
        discussion: """
            NAME may be left out where there is only one endpoint.

            EXAMPLES:
              turnout endpoint show
              turnout endpoint history my-endpoint
              turnout endpoint invoke --deployment green --data '{"data": [[1, 2, 3]]}' --times 10
              turnout endpoint traffic --set blue=90 --set green=10
            """,
        subcommands: [
            EndpointList.self, EndpointShow.self, EndpointHistory.self, EndpointLogs.self, EndpointInvoke.self,
            EndpointTraffic.self, EndpointScale.self, EndpointDelete.self, EndpointKeys.self,
        ])
}

/// Which endpoint of which backend.
struct EndpointArguments: ParsableArguments {
    @Argument(
        help: ArgumentHelp("The endpoint.", valueName: "name"),
        completion: .custom { _, _, _ in Completions.endpoints() })
    var name: String?

    @OptionGroup var options: BackendOptions

    /// The endpoint that is named or, without a name, the only one of `names`.
    ///
    /// - Throws: ``CommandFailure`` where none or several can be meant.
    func endpoint(among names: [Name], mayBeGone: Bool = false) throws(CommandFailure) -> Name {
        guard let name else {
            if names.count == 1, let only = names.first { return only }
            guard !names.isEmpty else {
                throw CommandFailure(.usage, "there is no endpoint on \(try options.selection().name) yet")
            }
            throw CommandFailure(
                .usage, "there are several endpoints; name one of \(names.map(\.text).joined(separator: ", "))")
        }
        if mayBeGone { return Name(name) }
        if let known = names.first(where: { $0 == Name(name) }) { return known }
        let hint = nearest(name, among: names.map(\.text)).map { "; did you mean '\($0)'?" } ?? ""
        throw CommandFailure(.usage, "there is no endpoint '\(name)' on \(try options.selection().name)\(hint)")
    }
}

/// Which backend, and how its data is printed.
struct BackendOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            BackendSelection.help, discussion: BackendSelection.helpOnDefault, valueName: "backend"),
        completion: .list(BackendSelection.names))
    var backend: String?

    @OptionGroup var azure: AzureOptions
    @OptionGroup var cluster: ClusterOptions

    @Flag(help: "Print JSON.")
    var json = false

    func selection() throws(CommandFailure) -> BackendSelection {
        try BackendSelection(named: backend, workspace: azure.workspace).on(cluster)
    }
}

extension EndpointArguments {
    /// Works with the endpoint on its backend, which is opened for `use` and closed then.
    func with<Result>(
        _ use: BackendOpening.Use, mayBeGone: Bool = false, _ body: (any OpenBackend, Name) async throws -> Result
    ) async throws -> Result {
        try await options.selection().open(use, in: Workspace()).using { open in
            if let caveat = open.caveat { Notices.say("note: \(caveat)") }
            return try await body(open, try endpoint(among: try await open.endpoints(), mayBeGone: mayBeGone))
        }
    }
}
