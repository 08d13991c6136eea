#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// The C library's, which the Swift overlay of glibc leaves out: the folder that a program starts in.
@_silgen_name("posix_spawn_file_actions_addchdir_np")
private func addChangeOfFolder(
    _ actions: UnsafeMutablePointer<posix_spawn_file_actions_t>, _ path: UnsafePointer<CChar>
) -> Int32

/// A program that this process has started, in a process group of its own and with nothing to read.
struct ChildProcess {
    enum Ending: Sendable {
        case exited(Int32)
        case signalled(Int32)
        /// Somebody else took its exit status.
        case lost(reason: String)
    }

    struct StartError: Error, CustomStringConvertible {
        var description: String
    }

    private let process: pid_t
    private let output: Int32

    private static let patience = Duration.seconds(5)

    /// Starts `words[0]` in `folder`, which a name with a slash is relative to; any other name is looked up in `PATH`.
    init(words: [String], environment: [String: String], folder: String) throws(StartError) {
        guard let word = words.first, !word.isEmpty else { throw StartError(description: "it has no name") }
        let program = word.contains("/") && !word.hasPrefix("/") ? folder + "/" + word : word
        guard access(folder, X_OK) == 0 else {
            throw StartError(description: "its working folder \(folder): \(String(cString: strerror(errno)))")
        }
        var pipes: [Int32] = [-1, -1]
        guard pipe(&pipes) == 0 else { throw Self.error("making a pipe", errno) }
        defer { close(pipes[1]) }
        for end in pipes { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        // Only the reading end: a program expects to write as to a terminal.
        _ = fcntl(pipes[0], F_SETFL, O_NONBLOCK)
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, pipes[1], STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, pipes[1], STDERR_FILENO)
        guard addChangeOfFolder(&actions, folder) == 0 else {
            throw StartError(description: "its working folder \(folder) cannot be set")
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        Self.giveDefaults(to: &attributes)
        let arguments = words.map { strdup($0) } + [nil]
        let variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { (arguments + variables).forEach { free($0) } }
        var process: pid_t = 0
        let code = posix_spawnp(&process, program, &actions, &attributes, arguments, variables)
        guard code == 0 else {
            close(pipes[0])
            throw code == ENOENT
                ? StartError(description: "there is no \(program)" + (word.contains("/") ? "" : " in PATH"))
                : Self.error(program, code)
        }
        self.process = process
        output = pipes[0]
    }

    /// A process group of its own, and the signals that this process ignores as they are by default.
    private static func giveDefaults(to attributes: inout posix_spawnattr_t) {
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        for signal in [SIGINT, SIGTERM, SIGPIPE] { sigaddset(&signals, signal) }
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setpgroup(&attributes, 0)
        let flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP
        posix_spawnattr_setflags(&attributes, Int16(flags))
    }

    /// Waits until the program ends, and passes on what it writes; a cancelled task ends the program.
    func wait(_ take: ([UInt8]) -> Void) async -> Ending {
        defer { close(output) }
        var pause = Duration.milliseconds(1)
        var cancelled: ContinuousClock.Instant?
        while true {
            let wrote = drain(take)
            var status: Int32 = 0
            let ended = waitpid(process, &status, WNOHANG)
            if ended == process {
                _ = drain(take)
                return Self.ending(status)
            }
            if ended < 0, errno != EINTR { return .lost(reason: String(cString: strerror(errno))) }
            if Task.isCancelled {
                endProgram(since: &cancelled)
                usleep(10_000)
                continue
            }
            pause = wrote ? .milliseconds(1) : min(pause * 2, .milliseconds(20))
            do { try await Task.sleep(for: pause) } catch { continue }
        }
    }

    /// Asks the program and its children to end and, when they have had their time, ends them.
    private func endProgram(since start: inout ContinuousClock.Instant?) {
        guard let asked = start else {
            start = .now
            kill(-process, SIGTERM)
            return
        }
        if ContinuousClock.now - asked > Self.patience { kill(-process, SIGKILL) }
    }

    private func drain(_ take: ([UInt8]) -> Void) -> Bool {
        var some = false
        var buffer = [UInt8](repeating: 0, count: 4096)
        for _ in 0..<64 {
            let count = read(output, &buffer, buffer.count)
            guard count > 0 else { break }
            some = true
            take(Array(buffer.prefix(count)))
        }
        return some
    }

    private static func ending(_ status: Int32) -> Ending {
        let signal = status & 0x7f
        return signal == 0 ? .exited((status >> 8) & 0xff) : .signalled(signal)
    }

    private static func error(_ doing: String, _ code: Int32) -> StartError {
        StartError(description: "\(doing): \(String(cString: strerror(code)))")
    }
}
