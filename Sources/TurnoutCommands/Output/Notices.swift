#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// What is said on standard error.
enum Notices {
    static func error(_ message: String) { write("turnout: error: \(message)\n") }
    static func warn(_ message: String) { write("turnout: warning: \(message)\n") }
    static func say(_ message: String) { write("\(message)\n") }

    /// Without a line break behind it.
    static func write(_ text: String) { writeAll(text, to: STDERR_FILENO) }
}

/// Standard output, which a reader may close without ending a rollout.
final class StandardOutput: Sendable {
    static let shared = StandardOutput()

    func line(_ text: String) { write(text + "\n") }

    /// What cannot be written is dropped: the journal has it.
    func write(_ text: String) { writeAll(text, to: STDOUT_FILENO) }
}

/// Writes `text` as a whole, or as much of it as the reader takes.
private func writeAll(_ text: String, to descriptor: Int32) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
        let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        if count > 0 {
            rest = rest.dropFirst(count)
            continue
        }
        switch errno {
        case EINTR: continue
        case EAGAIN:
            var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            guard poll(&entry, 1, 1000) > 0 else { return }
        default: return
        }
    }
}
