internal import ArgumentParser
internal import PlaybookSyntax
internal import RolloutEngine
internal import RolloutService
internal import Rollouts
internal import Support

/// `turnout endpoint`: shows the endpoints of a backend, and changes them by hand.
struct EndpointCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "endpoint",
        abstract: "Show the endpoints of a backend, and change them by hand.",
        discussion: """
            NAME can be omitted if there is only one endpoint.

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

/// The options that select an endpoint and its backend.
struct EndpointArguments: ParsableArguments {
    @Argument(
        help: ArgumentHelp("The endpoint.", valueName: "name"),
        completion: .custom { _, _, _ in Completions.endpoints() })
    var name: String?

    // `BackendOptions` is not nested here, because ArgumentParser's checks in debug builds take five times as long per
    // level of nesting.
    @OptionGroup var backend: BackendFlags
    @OptionGroup var output: OutputOptions

    var options: BackendOptions {
        var options = BackendOptions()
        (options.backend, options.output) = (backend, output)
        return options
    }

    /// Opens the backend for `use`, runs `body` with the endpoint, and closes the backend.
    func with<Result>(
        _ use: BackendOpening.Use, allowsDeleted: Bool = false, _ body: (NamedEndpoint) async throws -> Result
    ) async throws -> Result {
        try await options.with(use) { service, session, selection in
            let name = try await service.endpoint(name, on: session, selection, allowsDeleted: allowsDeleted)
            return try await body(
                NamedEndpoint(name: name, service: service, session: session, selection: selection))
        }
    }
}

/// An endpoint on an open backend.
struct NamedEndpoint {
    var name: Name
    var service: RolloutService
    var session: any BackendSession
    var selection: BackendSelection

    var backend: any Backend { session.backend }

    func deployment(_ text: String) async throws -> Name {
        try await service.deployment(text, of: name, on: session)
    }

    /// Waits until `deployment` can answer.
    ///
    /// Default: a deployment with traffic.
    func waitForServers(of deployment: Name?) async throws {
        try await ServerWait(
            session: session, backend: selection.name, endpoint: name, deployment: deployment
        ).wait()
    }

    /// Applies changes by hand; see ``RolloutService/change(_:_:on:_:stage:force:)``.
    func change(_ changes: [Change], stage: String, force: Bool) async throws -> EndpointSnapshot? {
        try await service.change(name, changes, on: session, selection, stage: stage, force: force)
    }

    func unknown() -> CommandFailure { CommandFailure(.usage, "there is no endpoint '\(name)'") }
}

/// The options that select a backend and the output format.
struct BackendOptions: ParsableArguments {
    @OptionGroup var backend: BackendFlags

    @OptionGroup var output: OutputOptions

    /// Opens the backend for `use`, runs `body`, and closes the backend.
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
