internal import Rollouts

/// One start of one instance: a process, a simulation or an external server.
protocol Server: Sendable {
    /// The target for requests while the server is ready.
    var target: InstanceTarget { get }

    /// Starts the server, calls `launched`, and returns when the server has ended; throws if it could not be started.
    func run(launched: @escaping @Sendable () -> Void) async throws -> ServerEnd

    /// Probes the server; returns nil if it is healthy, otherwise a description of the failure.
    func probe(_ kind: InstanceMachine.Kind, timeout: Interval) async -> String?

    /// The error in the running server's output so far; nil if there is none.
    var error: String? { get }

    /// Terminates the server, or kills it if `isFinal` is true.
    func end(isFinal: Bool)
}

extension Server {
    var error: String? { nil }
}

/// How a server ended.
struct ServerEnd: Hashable {
    var reason: String
    /// The line of the output that best explains the end; empty if there was none.
    var output = ""
}

/// The reason why a server could not be started or an environment could not be built.
struct InstanceProblem: Error, Hashable, CustomStringConvertible {
    /// One of Azure's codes: `ResourceNotReady`, `BadArgument` or `ImageBuildFailure`; `InternalServerError` otherwise.
    var code: String
    var message: String

    var description: String { message }
}
