internal import ArgumentParser
internal import PlaybookSyntax
internal import RolloutEngine
internal import RolloutService
internal import Rollouts
internal import Support

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

    // Not as a group of `BackendOptions`: ArgumentParser's own checks in debug builds take five times as long for each
    // level of groups.
    @OptionGroup var backend: BackendFlags
    @OptionGroup var output: OutputOptions

    var options: BackendOptions {
        var options = BackendOptions()
        (options.backend, options.output) = (backend, output)
        return options
    }

    /// Works with the endpoint on its backend, which is opened for `use` and closed then.
    func with<Result>(
        _ use: BackendOpening.Use, mayBeGone: Bool = false, _ body: (NamedEndpoint) async throws -> Result
    ) async throws -> Result {
        try await options.with(use) { service, session, selection in
            let name = try await service.endpoint(name, on: session, selection, mayBeGone: mayBeGone)
            return try await body(
                NamedEndpoint(name: name, service: service, session: session, selection: selection))
        }
    }
}

/// An endpoint that a command is about, on its backend.
struct NamedEndpoint {
    var name: Name
    var service: RolloutService
    var session: any BackendSession
    var selection: BackendSelection

    var backend: any Backend { session.backend }

    func deployment(_ text: String) async throws -> Name {
        try await service.deployment(text, of: name, on: session)
    }

    /// Waits until `deployment` or, without it, whoever has traffic can answer.
    func awaitServers(of deployment: Name?) async throws {
        try await ServersAwaited(
            session: session, backend: selection.name, endpoint: name, deployment: deployment
        ).wait()
    }

    /// Makes changes by hand; see ``RolloutService/change(_:_:on:_:stage:force:)``.
    func change(_ changes: [Change], stage: String, force: Bool) async throws -> EndpointSnapshot? {
        try await service.change(name, changes, on: session, selection, stage: stage, force: force)
    }

    func unknown() -> CommandFailure { CommandFailure(.usage, "there is no endpoint '\(name)'") }
}

/// Which backend, and how its data is printed.
struct BackendOptions: ParsableArguments {
    @OptionGroup var backend: BackendFlags

    @OptionGroup var output: OutputOptions

    /// Works with the backend, which is opened for `use` and closed then.
    func with<Result>(
        _ use: BackendOpening.Use,
        _ body: (RolloutService, any BackendSession, BackendSelection) async throws -> Result
    ) async throws -> Result {
        let selection = try backend.selection()
        return try await withService(use == .look ? .read : .write) { service in
            try await service.with(selection, use) { session in
                if let caveat = session.caveat { Notices.say("note: \(caveat)") }
                return try await body(service, session, selection)
            }
        }
    }
}
