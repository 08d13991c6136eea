internal import FoundationEssentials
internal import Support

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// Starts an emulator in a new session, so that it outlives this process.
///
/// The emulator inherits no terminal, pipe or other open file. It therefore receives no signals from the terminal and
/// does not keep a caller waiting for the end of its output.
package struct EmulatorLaunch: Sendable {
    package var folder: LocalFolder
    /// The absolute path of the state folder.
    package var state: String
    /// The idle time; `nil` for the value from the environment.
    package var idle: IdleTime?
    /// The command line before `--idle` and the options, starting with the program's name.
    package var words: [String]
    package var options: [String]

    package init(folder: LocalFolder, state: String, idle: IdleTime? = nil, words: [String], options: [String] = []) {
        self.folder = folder
        self.state = state
        self.idle = idle
        self.words = words
        self.options = options
    }

    /// The report that the new process writes once to its standard output.
    package struct Report: Codable, Hashable {
        package enum Outcome: String, Codable {
            case serving
            /// Another emulator started first.
            case superfluous
            case failed
        }

        package var outcome: Outcome
        /// The reason for a failure.
        package var message: String?
        package var code: EmulatorError.Code?

        package init(outcome: Outcome, message: String? = nil, code: EmulatorError.Code? = nil) {
            self.outcome = outcome
            self.message = message
            self.code = code
        }
    }

    /// How long the process may take to report; it normally takes a fraction of a second.
    private static let patience = Duration.seconds(60)
    private static let logLimit = 1 << 20

    /// Starts the process and returns its ID once it is serving; returns `nil` if another emulator started first.
    ///
    /// - Throws: ``EmulatorError`` with the reason that the process reported.
    package func start() async throws -> Int32? {
        try folder.create()
        let log = try openLog()
        defer { close(log) }
        var pipes: [Int32] = [-1, -1]
        guard pipe(&pipes) == 0 else { throw failure("creating a pipe", errno) }
        defer { close(pipes[0]) }
        for end in pipes { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        _ = fcntl(pipes[0], F_SETFL, O_NONBLOCK)
        let process: pid_t
        do {
            defer { close(pipes[1]) }
            process = try spawn(output: pipes[1], errors: log)
        }
        let text = try await report(from: pipes[0], of: process)
        guard !text.isEmpty else {
            let ending = Self.ending(of: process)
            throw EmulatorError(
                .failed,
                "the emulator exited before it was ready\(ending); see \(folder.emulatorLog)\(lastLogLine)")
        }
        let report: Report
        do {
            report = try JSONDecoder().decode(Report.self, from: Data(text))
        } catch {
            throw EmulatorError(
                .failed, "the emulator (process \(process)) did not report that it is ready; see \(folder.emulatorLog)")
        }
        switch report.outcome {
        case .serving: return process
        case .superfluous:
            Self.reap(process)
            return nil
        case .failed:
            Self.reap(process)
            throw EmulatorError(
                report.code ?? .failed,
                report.message ?? "the emulator could not be started; see \(folder.emulatorLog)")
        }
    }

    /// Waits for a process that has exited or is about to, so that it does not remain a zombie.
    static func reap(_ process: Int32) {
        for _ in 0..<200 {
            var status: Int32 = 0
            let ended = waitpid(process, &status, WNOHANG)
            if ended == process || (ended < 0 && errno != EINTR) { return }
            usleep(5000)
        }
    }

    /// Reads until the report's line is complete or the process has closed its output.
    private func report(from descriptor: Int32, of process: Int32) async throws -> [UInt8] {
        let deadline = ContinuousClock.now + Self.patience
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while ContinuousClock.now < deadline {
            let count = read(descriptor, &buffer, buffer.count)
            if count > 0 {
                text += buffer.prefix(count)
                if text.last == UInt8(ascii: "\n") { return text }
            } else if count == 0 {
                return text
            } else if errno != EAGAIN, errno != EINTR {
                throw failure("reading from the emulator", errno)
            }
            try await Task.sleep(for: .milliseconds(5))
        }
        kill(process, SIGTERM)
        throw EmulatorError(
            .failed,
            "the emulator (process \(process)) was not ready within \(Int(Self.patience / .seconds(1))) s and was "
                + "stopped; see \(folder.emulatorLog)")
    }

    /// Opens the emulator's log; a file that has grown too large is renamed first.
    private func openLog() throws(EmulatorError) -> Int32 {
        var status = stat()
        if stat(folder.emulatorLog, &status) == 0, Int(status.st_size) > Self.logLimit {
            _ = rename(folder.emulatorLog, folder.emulatorLog + ".1")
        }
        let descriptor = open(
            folder.emulatorLog, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0o600)
        guard descriptor >= 0 else {
            throw EmulatorError(
                .storage,
                "\(folder.emulatorLog) cannot be written: \(String(cString: strerror(errno)))")
        }
        return descriptor
    }

    private var lastLogLine: String {
        guard let data = FileManager.default.contents(atPath: folder.emulatorLog) else { return "" }
        let lines = String(decoding: data.suffix(4096), as: UTF8.self).split(whereSeparator: \.isNewline)
        return lines.last.map { ": \($0)" } ?? ""
    }

    private func spawn(output: Int32, errors: Int32) throws(EmulatorError) -> pid_t {
        let idle = if let chosen = self.idle { chosen } else { try IdleTime.current() }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO)
        for descriptor in Self.inherited { posix_spawn_file_actions_addclose(&actions, descriptor) }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        Self.detach(&attributes)
        let words = self.words + ["--idle", idle.description] + options
        let arguments = words.map { strdup($0) } + [nil]
        let cleaned = EmulatorEnvironment.cleaned(ProcessInfo.processInfo.environment, state: state)
        let variables = cleaned.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { (arguments + variables).forEach { free($0) } }
        var process: pid_t = 0
        let program = Program.path
        let code = posix_spawn(&process, program, &actions, &attributes, arguments, variables)
        guard code == 0 else { throw failure("starting \(program)", code) }
        return process
    }

    /// Starts the process in a new session, with no blocked signals and with default handlers for signals that this
    /// process ignores.
    private static func detach(_ attributes: inout posix_spawnattr_t) {
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        for signal in [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE] { sigaddset(&signals, signal) }
        posix_spawnattr_setsigdefault(&attributes, &signals)
        #if canImport(Darwin)
            let session: Int32 = 0x0400  // POSIX_SPAWN_SETSID
        #else
            let session: Int32 = 0x80  // POSIX_SPAWN_SETSID
        #endif
        posix_spawnattr_setflags(
            &attributes, Int16(Int32(POSIX_SPAWN_SETSIGMASK) | Int32(POSIX_SPAWN_SETSIGDEF) | session))
    }

    /// Descriptors that the new process would inherit in addition to the standard ones, such as a caller's pipes and
    /// locks.
    private static var inherited: [Int32] {
        #if canImport(Darwin)
            let list = "/dev/fd"
        #else
            let list = "/proc/self/fd"
        #endif
        guard let folder = opendir(list) else { return [] }
        defer { closedir(folder) }
        var descriptors: [Int32] = []
        while let item = readdir(folder) {
            let name = withUnsafeBytes(of: item.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if let descriptor = Int32(name), descriptor > STDERR_FILENO { descriptors.append(descriptor) }
        }
        return descriptors
    }

    private static func ending(of process: Int32) -> String {
        var status: Int32 = 0
        guard waitpid(process, &status, 0) == process else { return "" }
        let signal = status & 0x7f
        return signal == 0 ? " (exit code \((status >> 8) & 0xff))" : " (signal \(signal))"
    }

    private func failure(_ doing: String, _ code: Int32) -> EmulatorError {
        EmulatorError(.failed, "the emulator could not be started: \(doing): \(String(cString: strerror(code)))")
    }
}
