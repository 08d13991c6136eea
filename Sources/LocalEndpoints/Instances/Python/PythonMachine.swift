internal import FoundationEssentials
internal import Synchronization

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// A Python interpreter on this machine.
package struct PythonInterpreter: Hashable, Sendable {
    package var path: String
    /// The version, for example `3.11.7`.
    package var version: String

    package init(path: String, version: String) {
        self.path = path
        self.version = version
    }
}

/// The programs on this machine with which environments can be created.
package struct PythonMachine: Sendable {
    /// Returns the absolute path of a program in `PATH`; nil if there is none.
    package var program: @Sendable (_ name: String) -> String?
    /// Returns the interpreter with a path or a name in `PATH`; nil if it is not a working Python.
    package var interpreter: @Sendable (_ program: String) -> PythonInterpreter?
    /// Returns the output of a program; nil if it fails or does not answer within its timeout (2 s on this machine).
    package var answer: @Sendable (_ words: [String]) -> String?
    /// The environment variables of programs that build environments.
    package var variables: [String: String]

    package init(
        program: @escaping @Sendable (_ name: String) -> String?,
        interpreter: @escaping @Sendable (_ program: String) -> PythonInterpreter?,
        answer: @escaping @Sendable (_ words: [String]) -> String? = { _ in nil }, variables: [String: String] = [:]
    ) {
        self.program = program
        self.interpreter = interpreter
        self.answer = answer
        self.variables = variables
    }

    /// The machine that this process runs on.
    package static let here = PythonMachine(
        program: find,
        interpreter: { program in
            guard let path = program.contains("/") ? program : find(program) else { return nil }
            let question = "import sys,platform; print(sys.executable); print(platform.python_version())"
            let lines = ProgramOutput.of([path, "-c", question])?.split(separator: "\n").map(String.init) ?? []
            guard lines.count == 2 else { return nil }
            return PythonInterpreter(path: lines[0], version: lines[1])
        }, answer: { ProgramOutput.of($0, patience: 2000) }, variables: ServerEnvironment.builders)

    /// Returns a machine that caches the answers of programs.
    package func cachingAnswers() -> PythonMachine {
        func once<Question: Hashable & Sendable, Answer: Sendable>(
            _ ask: @escaping @Sendable (Question) -> Answer?
        ) -> @Sendable (Question) -> Answer? {
            let known = Known<Question, Answer>()
            return { question in
                if let answer = known.answers.withLock({ $0[question] }) { return answer }
                let answer = ask(question)
                known.answers.withLock { $0[question] = .some(answer) }
                return answer
            }
        }
        return PythonMachine(
            program: program, interpreter: once(interpreter), answer: once(answer), variables: variables)
    }

    private final class Known<Question: Hashable & Sendable, Answer: Sendable>: Sendable {
        let answers = Mutex<[Question: Answer?]>([:])
    }

    private static func find(_ name: String) -> String? {
        let folders = ServerEnvironment.inherited["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
        return folders.split(separator: ":").lazy.map { "\($0)/\(name)" }.first { path in
            var isFolder = false
            return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && !isFolder
                && access(path, X_OK) == 0
        }
    }
}

/// Reads the output of a short-running program.
enum ProgramOutput {
    private static let limit = 1 << 16

    /// Returns the program's output; nil if it cannot be started, fails, or pauses longer than `patience` milliseconds.
    static func of(_ words: [String], patience: Int32 = 10_000) -> String? {
        guard let program = words.first else { return nil }
        var pipes: [Int32] = [-1, -1]
        guard pipe(&pipes) == 0 else { return nil }
        for end in pipes { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(pipes[0]) }
        var process: pid_t = 0
        let isStarted = start(program, words, output: pipes[1], &process)
        close(pipes[1])
        guard isStarted else { return nil }
        let output = answer(from: pipes[0], patience)
        let status = end(of: process, waits: output.map { $0.count <= limit } ?? false)
        return status == 0 ? output.map { String(decoding: $0, as: UTF8.self) } : nil
    }

    /// Returns the status of the process, which is killed if it does not exit within a second.
    private static func end(of process: pid_t, waits: Bool) -> Int32 {
        var status: Int32 = 0
        for _ in 0..<(waits ? 100 : 0) {
            if waitpid(process, &status, WNOHANG) == process { return status }
            usleep(10_000)
        }
        kill(-process, SIGKILL)
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        return status
    }

    private static func start(_ program: String, _ words: [String], output: Int32, _ process: inout pid_t) -> Bool {
        #if canImport(Darwin)
            var actions: posix_spawn_file_actions_t?
        #else
            var actions = posix_spawn_file_actions_t()
        #endif
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
        let arguments = words.map { strdup($0) } + [nil]
        let variables = ServerEnvironment.builders.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { (arguments + variables).forEach { free($0) } }
        #if canImport(Darwin)
            var attributes: posix_spawnattr_t?
        #else
            var attributes = posix_spawnattr_t()
        #endif
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // A separate process group, so that its child processes can be killed with it.
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
        posix_spawnattr_setpgroup(&attributes, 0)
        return posix_spawn(&process, program, &actions, &attributes, arguments, variables) == 0
    }

    /// Reads the output to its end; nil if there is none for `patience` milliseconds.
    private static func answer(from end: Int32, _ patience: Int32) -> [UInt8]? {
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: limit)
        while answer.count <= limit {
            var waiting = pollfd(fd: end, events: Int16(POLLIN), revents: 0)
            let ready = poll(&waiting, 1, patience)
            if ready < 0, errno == EINTR { continue }
            guard ready > 0 else { return nil }
            let count = read(end, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return answer }
            answer += buffer.prefix(count)
        }
        return answer
    }
}
