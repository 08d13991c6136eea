internal import FoundationEssentials
internal import Programs
internal import RolloutEngine
internal import Rollouts
internal import Synchronization

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// Runs the programs of `run:` stages, without a shell.
///
/// A program runs in the playbook's folder, with these environment variables: `TURNOUT_RUN`, `TURNOUT_STAGE`,
/// `TURNOUT_ENDPOINT`, `TURNOUT_DEPLOYMENT`, `TURNOUT_SCORING_URI` and `TURNOUT_KEY_FILE`. A variable without a value
/// is not set: the playbook names no deployment, the endpoint does not exist yet, or it has no address or no keys
/// (`simulated` has neither; `kubernetes` has no keys, and neither have endpoints with an auth mode other than `key`).
final class ProgramRunner: Sendable {
    private let run: RunID
    private let endpoint: Name
    /// The playbook's folder; nil if the playbook no longer exists.
    private let folder: String?
    private let keys: KeyFile
    /// Nil if the playbook uses no endpoint.
    private let session: (any BackendSession)?
    private let stage = Mutex("")

    /// How long to retry reading the endpoint's address and key while the backend is unavailable.
    private static let patience = Duration.seconds(30)
    /// How long a program may take to exit after it was asked to, before it is killed.
    private static let grace = Duration.seconds(5)

    init(run: RunID, endpoint: Name, folder: String?, keys: KeyFile, session: (any BackendSession)?) {
        self.run = run
        self.endpoint = endpoint
        self.folder = folder
        self.keys = keys
        self.session = session
        keys.remove()  // left by a process that died while a program ran
    }

    /// Records the stage that the next program belongs to.
    func note(_ progress: Runner.Progress) {
        guard case .performing(.run, let state) = progress, state.stages.indices.contains(state.record.position)
        else { return }
        stage.withLock { $0 = state.stages[state.record.position].name }
    }

    /// Runs `command` until it exits.
    ///
    /// If the task is cancelled, the program is asked to exit, and killed after 5 s.
    ///
    /// - Returns: Nil if the program exited with 0; otherwise what went wrong, with the end of its output.
    func run(
        _ command: Command, output: @escaping @Sendable (_ line: String, _ stage: String) -> Void
    ) async -> String? {
        let stage = stage.withLock { $0 }
        let program = command.words.first ?? ""
        guard let folder else {
            return "could not start the program \(program): it runs in the folder of the playbook of \(run), "
                + "which no longer exists"
        }
        defer { keys.remove() }
        let said = Mutex(ProgramOutput())
        let end: ProgramLaunch.End
        do {
            let environment = try await environment(of: command, stage)
            end = try await ProgramLaunch(
                command.words, environment: environment, folder: folder, grace: Self.grace
            ).run { bytes in
                for line in said.withLock({ $0.take(bytes) }) { output(line, stage) }
            }
        } catch {
            return "could not start the program \(program): \(error)"
        }
        for line in said.withLock({ $0.finish() }) { output(line, stage) }
        return end == .exited(0) ? nil : "\(program) \(end)\(said.withLock(\.tailText))"
    }

    private func environment(of command: Command, _ stage: String) async throws -> [String: String] {
        var environment = ProcessInfo.processInfo.environment
        environment.merge(command.environment) { _, given in given }
        let access = try await access()
        environment["TURNOUT_RUN"] = run.description
        environment["TURNOUT_STAGE"] = stage
        environment["TURNOUT_ENDPOINT"] = endpoint.text
        environment["TURNOUT_DEPLOYMENT"] = command.deployment?.text
        environment["TURNOUT_SCORING_URI"] = access.address
        environment["TURNOUT_KEY_FILE"] = try access.key.map(keys.write)
        return environment
    }

    /// Returns the endpoint's address and key, if it has them.
    private func access() async throws -> (address: String?, key: String?) {
        guard let session else { return (nil, nil) }
        let start = ContinuousClock.now
        while true {
            do {
                guard try await session.backend.observe(endpoint) != nil else { return (nil, nil) }
                return (try await session.scoringURI(of: endpoint), try await key(session))
            } catch let error as BackendError where error.code.isTransient {
                guard ContinuousClock.now - start < Self.patience else { throw error }
                try await Task.sleep(for: .seconds(1))
            }
        }
    }

    private func key(_ session: any BackendSession) async throws -> String? {
        do {
            return try await (session as? any KeyedEndpoints)?.keys(of: endpoint).primary
        } catch let error as BackendError where error.code == .refused {
            return nil  // the endpoint's auth mode has no keys
        }
    }
}

#if canImport(Darwin)
    private let writeBytes = Darwin.write
#else
    private let writeBytes = Glibc.write
#endif

extension BackendError.Code {
    /// Whether a retry may succeed.
    fileprivate var isTransient: Bool {
        switch self {
        case .unavailable, .busy: true
        default: false
        }
    }
}

/// A file with an endpoint's key that exists while a program runs.
struct KeyFile: Sendable {
    let path: String
    private let folder: String
    private let warn: @Sendable (String) -> Void

    init(run: RunID, state: String, warn: @escaping @Sendable (String) -> Void) {
        self.warn = warn
        folder = state + "/keys"
        path = folder + "/\(run)"
    }

    /// Writes the key to a new file that only this user can read, and returns its path.
    ///
    /// - Throws: ``ServiceError/Code/storage``.
    func write(_ key: String) throws(ServiceError) -> String {
        remove()
        if mkdir(folder, 0o700) != 0, errno != EEXIST { throw failure() }
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw failure() }
        defer { close(descriptor) }
        let bytes = Array(key.utf8)
        guard fchmod(descriptor, 0o600) == 0,
            bytes.withUnsafeBytes({ writeBytes(descriptor, $0.baseAddress, $0.count) }) == bytes.count
        else { throw failure() }
        return path
    }

    func remove() {
        guard unlink(path) != 0, errno != ENOENT, errno != ENOTDIR else { return }
        warn("could not remove the key file \(path): \(String(cString: strerror(errno)))")
    }

    private func failure() -> ServiceError {
        ServiceError(
            .storage, "could not write the key file \(path): \(String(cString: strerror(errno)))")
    }
}

/// A program's output: whole lines for display, and the last 4096 bytes for error messages.
struct ProgramOutput {
    static let limit = 4096
    private var tail: [UInt8] = []
    private var partial: [UInt8] = []

    /// Appends `bytes`, and returns the lines that they complete.
    mutating func take(_ bytes: [UInt8]) -> [String] {
        tail = Array((tail + bytes).suffix(Self.limit))
        partial += bytes
        var lines: [String] = []
        while let end = partial.firstIndex(of: UInt8(ascii: "\n")) {
            lines.append(Self.text(partial[..<end]))
            partial.removeSubrange(...end)
        }
        // A very long line is shown in pieces, to limit memory.
        if partial.count > Self.limit { lines += finish() }
        return lines
    }

    mutating func finish() -> [String] {
        defer { partial = [] }
        return partial.isEmpty ? [] : [Self.text(partial[...])]
    }

    /// The last 20 lines of output after a colon; empty if there was none.
    var tailText: String {
        let lines = String(decoding: tail, as: UTF8.self).split(whereSeparator: \.isNewline)
        return lines.isEmpty ? "" : ": " + lines.suffix(20).map { $0.trimmingSpaces }.joined(separator: " / ")
    }

    private static func text(_ bytes: ArraySlice<UInt8>) -> String {
        let text = String(decoding: bytes, as: UTF8.self)
        return text.last == "\r" ? String(text.dropLast()) : text
    }
}

extension Substring {
    fileprivate var trimmingSpaces: String {
        var text = self[...]
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}
