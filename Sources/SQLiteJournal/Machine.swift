#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif
package import Rollouts
internal import Support

/// This process and the machine that it runs on, as leases identify them.
package struct Machine: Sendable {
    package var host: String
    /// Changes with every start of the kernel; empty if unknown.
    package var bootID: String
    package var process: Int
    /// Returns the state of a process on this machine.
    package var look: @Sendable (_ process: Int) -> ProcessState
    /// Milliseconds since the kernel started, including the time that the machine slept.
    package var bootClock: @Sendable () -> Int64
    package var now: @Sendable () -> Timestamp

    package enum ProcessState: Hashable, Sendable {
        case gone
        /// `since` is the start time in clock ticks after the kernel started, or `nil` if it cannot be determined.
        case running(since: Int64?)
    }

    package init(
        host: String, bootID: String, process: Int, look: @escaping @Sendable (Int) -> ProcessState,
        bootClock: @escaping @Sendable () -> Int64, now: @escaping @Sendable () -> Timestamp
    ) {
        self.host = host
        self.bootID = bootID
        self.process = process
        self.look = look
        self.bootClock = bootClock
        self.now = now
    }

    /// The start time of this process in clock ticks, or 0 if unknown.
    var processStart: Int64 {
        guard case .running(let since?) = look(process) else { return 0 }
        return since
    }
}

extension Machine {
    /// The machine that this process runs on.
    package static var current: Machine {
        Machine(
            host: hostName(), bootID: firstLine(of: "/proc/sys/kernel/random/boot_id") ?? "", process: Int(getpid()),
            look: processState, bootClock: { milliseconds(bootClockID) },
            now: { Timestamp(milliseconds: milliseconds(CLOCK_REALTIME)) })
    }

    #if canImport(Darwin)
        private static var bootClockID: clockid_t { CLOCK_MONOTONIC }
    #else
        private static var bootClockID: clockid_t { CLOCK_BOOTTIME }
    #endif

    private static func milliseconds(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }

    /// Reads the state of a process from /proc or, if it is hidden there, by checking whether a signal could be sent.
    ///
    /// The second field of /proc/PID/stat is the program's name in parentheses, which may contain any character; the
    /// 22nd is the start time (proc_pid_stat(5)).
    private static func processState(_ process: Int) -> ProcessState {
        guard let id = pid_t(exactly: process), id > 0 else { return .gone }
        if let line = firstLine(of: "/proc/\(id)/stat"), let name = line.lastIndex(of: ")") {
            let fields = line[line.index(after: name)...].split(separator: " ")
            // A zombie holds no locks and does nothing.
            if fields.first == "Z" || fields.first == "X" { return .gone }
            return .running(since: fields.count > 19 ? Int64(fields[19]) : nil)
        }
        return kill(id, 0) != 0 && errno == ESRCH ? .gone : .running(since: nil)
    }

    private static func firstLine(of path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = read(descriptor, &bytes, bytes.count)
        guard count > 0 else { return nil }
        return String(decoding: bytes[..<count].prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }
}
