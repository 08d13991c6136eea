internal import Rollouts

/// One start of one instance: a process, a profile that is played, or a server of somebody else.
protocol Server: Sendable {
    /// Where requests go while it is ready.
    var target: InstanceTarget { get }

    /// Starts it, tells so, and returns once it has ended; one that couldn't be started throws.
    func run(launched: @escaping @Sendable () -> Void) async throws -> ServerEnd

    /// Nil when it answers as it should, else how it didn't.
    func probe(_ kind: InstanceMachine.Kind, timeout: Interval) async -> String?

    /// The error that it has told so far, while it runs; nil where it has told none.
    var error: String? { get }

    /// Tells it to end, or (`isFinal`) ends it.
    func end(isFinal: Bool)
}

extension Server {
    var error: String? { nil }
}

/// How a server ended.
struct ServerEnd: Hashable {
    var reason: String
    /// The last lines that it said.
    var output = ""
}

/// Why a server could not be started, or an environment not be made.
struct InstanceProblem: Error, Hashable, CustomStringConvertible {
    /// One of Azure's: `ResourceNotReady`, `BadArgument`, `ImageBuildFailure`.
    var code: String
    var message: String

    var description: String { message }
}
