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

/// Runs the programs of `run:` stages; no shell ever sees their words.
///
/// A program runs in the playbook's folder. What it is about it learns from its environment: `TURNOUT_RUN`,
/// `TURNOUT_STAGE`, `TURNOUT_ENDPOINT`, `TURNOUT_DEPLOYMENT`, `TURNOUT_SCORING_URI` and `TURNOUT_KEY_FILE`. A variable
/// is not set where there is nothing to say: no deployment in the playbook, no endpoint yet, or a backend whose endpoints
/// have no address or no keys (`simulated` has neither, `kubernetes` has no keys; nor have endpoints whose auth mode is
/// not `key`).
final class ProgramRunner: Sendable {
    private let run: RunID
    private let endpoint: Name
    /// Nil where the playbook is not on disk any more.
    private let folder: String?
    private let keys: KeyFile
    /// Nil where the playbook touches no endpoint.
    private let session: (any BackendSession)?
    private let stage = Mutex("")

    /// How long an endpoint is asked for its address and key that does not answer.
    private static let patience = Duration.seconds(30)
    /// What a program gets to end by itself when it is to end.
    private static let grace = Duration.seconds(5)

    init(run: RunID, endpoint: Name, folder: String?, keys: KeyFile, session: (any BackendSession)?) {
        self.run = run
        self.endpoint = endpoint
        self.folder = folder
        self.keys = keys
        self.session = session
        keys.remove()  // of a process that died while a program ran
    }

    /// Learns which stage a program belongs to, before it is run.
    func note(_ progress: Runner.Progress) {
        guard case .performing(.run, let state) = progress, state.stages.indices.contains(state.record.position)
        else { return }
        stage.withLock { $0 = state.stages[state.record.position].name }
    }

    /// Runs `command` to its end, or until the task is cancelled: then it is asked to end, and killed 5 s later.
    ///
    /// - Returns: Nil when it exited with 0, else what was wrong with the last of what it said.
    func run(
        _ command: Command, output: @escaping @Sendable (_ line: String, _ stage: String) -> Void
    ) async -> String? {
        let stage = stage.withLock { $0 }
        let program = command.words.first ?? ""
        guard let folder else {
            return "the program \(program) could not be started: the playbook of \(run), whose folder it is run in, is "
                + "not on disk any more"
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
            return "the program \(program) could not be started: \(error)"
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

    /// The endpoint's address and key, as far as it has them.
    private func access() async throws -> (address: String?, key: String?) {
        guard let session else { return (nil, nil) }
        let start = ContinuousClock.now
        while true {
            do {
                guard try await session.backend.observe(endpoint) != nil else { return (nil, nil) }
                return (try await session.scoringURI(of: endpoint), try await key(session))
            } catch let error as BackendError where error.code.isPassing {
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
    /// True where asking again may help.
    fileprivate var isPassing: Bool {
        switch self {
        case .unavailable, .busy: true
        default: false
        }
    }
}

/// A file with an endpoint's key, for the time that a program runs.
struct KeyFile: Sendable {
    let path: String
    private let folder: String
    private let warn: @Sendable (String) -> Void

    init(run: RunID, state: String, warn: @escaping @Sendable (String) -> Void) {
        self.warn = warn
        folder = state + "/keys"
        path = folder + "/\(run)"
    }

    /// Writes the key into a new file that only this user can read, and returns its path.
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
        warn("the key file \(path) was not removed: \(String(cString: strerror(errno)))")
    }

    private func failure() -> ServiceError {
        ServiceError(
            .storage, "the key file \(path) could not be written: \(String(cString: strerror(errno)))")
    }
}

/// What a program wrote: whole lines for showing, and the last of it for telling what was wrong.
struct ProgramOutput {
    static let limit = 4096
    private var tail: [UInt8] = []
    private var partial: [UInt8] = []

    /// The lines that `bytes` complete.
    mutating func take(_ bytes: [UInt8]) -> [String] {
        tail = Array((tail + bytes).suffix(Self.limit))
        partial += bytes
        var lines: [String] = []
        while let end = partial.firstIndex(of: UInt8(ascii: "\n")) {
            lines.append(Self.text(partial[..<end]))
            partial.removeSubrange(...end)
        }
        // A line without end is shown in pieces, so that nothing is kept for ever.
        if partial.count > Self.limit { lines += finish() }
        return lines
    }

    mutating func finish() -> [String] {
        defer { partial = [] }
        return partial.isEmpty ? [] : [Self.text(partial[...])]
    }

    /// `: what it said last`, or nothing.
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
