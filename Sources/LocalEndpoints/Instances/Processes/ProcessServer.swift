#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif
internal import Dispatch
internal import Programs
internal import Rollouts
internal import Synchronization

/// The command that starts a server, and the port and routes at which it can be reached.
struct ServerCommand: Hashable {
    /// The program and its arguments, which are not interpreted by a shell.
    var arguments: [String]
    /// The working folder.
    var folder: String
    var environment: [String: String]
    var port: Int
    var routes: InferenceRoutes
    /// The routes that clients can reach.
    var reach = ServerRoutes.all
}

/// One start of a server process, which has its own process group.
final class ProcessServer: Server {
    private enum State {
        case notStarted
        case running(Int32)
        case ended
    }

    /// A server's files, which are created before it starts and removed when it has ended.
    struct Files: Sendable {
        let folder: InstanceFolder
        let fill: @Sendable () throws -> Void
    }

    private let command: ServerCommand
    private let files: Files
    private let line: @Sendable (String) -> Void
    private let lines: ProgramLines
    private let guardian: Guardian
    private let leftovers: Leftovers
    private let state = Mutex(State.notStarted)

    init(
        _ command: ServerCommand, files: Files, guardian: Guardian, leftovers: Leftovers,
        line: @escaping @Sendable (String) -> Void
    ) {
        self.command = command
        self.files = files
        self.line = line
        self.guardian = guardian
        self.leftovers = leftovers
        lines = ProgramLines(line: line)
    }

    private var socket: ServerAddress.Socket { .tcp(host: "127.0.0.1", port: command.port) }

    var target: InstanceTarget {
        .server(ServerAddress(socket, scoringPath: command.routes.scoring, routes: command.reach))
    }

    func run(launched: @escaping @Sendable () -> Void) async throws -> ServerEnd {
        defer { removeFiles() }
        do {
            // Models are large, and the shared threads of tasks must not wait for the disk.
            try await withCheckedThrowingContinuation { continuation in
                DispatchQueue.global().async { [files] in continuation.resume(with: Result { try files.fill() }) }
            }
        } catch {
            throw InstanceProblem(
                code: "InternalServerError", message: "the server's files could not be copied: \(error)")
        }
        let launch = ProgramLaunch(command.arguments, environment: command.environment, folder: command.folder)
        do {
            let end = try await launch.run { [self] group in
                state.withLock { $0 = .running(group) }
                guardian.watch(group)
                leftovers.add(group)
                launched()
            } output: { [lines] bytes in
                lines.take(bytes)
            }
            finish()
            return ServerEnd(reason: Self.words(for: end), output: lines.summary)
        } catch {
            finish()
            throw InstanceProblem(
                code: "ResourceNotReady",
                message: "\(command.arguments.first ?? "the program") cannot be started in \(command.folder): \(error)")
        }
    }

    func probe(_ kind: InstanceMachine.Kind, timeout: Interval) async -> String? {
        let path = kind == .liveness ? command.routes.liveness : command.routes.readiness
        return await ServerProbe.get(path, of: socket, timeout: timeout)
    }

    var error: String? { lines.error }

    /// Signals the whole process group, since a server's workers may have survived it.
    func end(isFinal: Bool) {
        state.withLock { state in
            guard case .running(let group) = state else { return }
            kill(-group, isFinal ? SIGKILL : SIGTERM)
        }
    }

    /// Kills the rest of the process group after its leader has ended.
    private func finish() {
        let group: Int32? = state.withLock { state in
            defer { state = .ended }
            guard case .running(let group) = state else { return nil }
            kill(-group, SIGKILL)
            return group
        }
        if let group {
            guardian.forget(group)
            leftovers.remove(group)
        }
        if let start = command.environment[Self.startVariable] { ProcessTable.end(Self.startVariable, start) }
        lines.finish()
    }

    /// The variable that identifies the start of the server in the environment of all its processes.
    static let startVariable = "TURNOUT_INSTANCE_START"

    /// Removes the server's files; a failure is logged, and retried when the deployment's servers are next prepared.
    private func removeFiles() {
        do {
            try files.folder.remove()
        } catch {
            line("\(files.folder.path) cannot be removed: \(error)")
        }
    }

    private static func words(for end: ProgramLaunch.End) -> String {
        switch end {
        case .exited(let code): "the server ended with exit code \(code)"
        case .signalled(let signal): "the server was killed by signal \(signal)"
        }
    }
}
