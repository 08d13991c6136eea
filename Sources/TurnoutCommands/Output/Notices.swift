internal import PlaybookSyntax
internal import RolloutEngine
internal import RolloutService
internal import Rollouts
internal import Support
internal import Synchronization

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// Messages on standard error.
enum Notices {
    static func error(_ message: String) { write("turnout: error: \(message)\n") }
    static func warn(_ message: String) { write("turnout: warning: \(message)\n") }
    static func say(_ message: String) { write("\(message)\n") }

    /// Prints a notice of the service.
    @Sendable static func tell(_ notice: ServiceNotice) {
        let terminal = Terminal.standardError
        switch notice {
        case .note(let text, let suggestions): say(text + suggestions.words)
        case .warning(let text): warn(text)
        case .finding(let finding): say(finding.rendered(color: terminal.style.isColored))
        case .overtaking(let holder, let rest, let isFirst):
            let seconds = max((rest.milliseconds + 999) / 1000, 0)
            let text =
                "process \(holder.process) on \(holder.host) is silent; taking over in \(seconds) s unless it responds"
            if terminal.isInteractive {
                write("\r\u{1B}[K" + text.cut(to: terminal.columns - 1) + (seconds == 0 ? "\r\u{1B}[K" : ""))
            } else if isFirst {
                say(text)
            }
        }
    }

    /// Writes text without adding a line break.
    static func write(_ text: String) { Composition.current.standardError(text) }
}

/// Standard output, through which commands print everything.
///
/// A failed write does not stop a rollout, but the command's exit status reports it.
final class StandardOutput: Sendable {
    /// The standard output of the current composition.
    static var shared: StandardOutput { Composition.current.standardOutput }

    /// Writes text; returns nil, or the `errno` of a failed write.
    private let sink: @Sendable (String) -> Int32?
    /// The `errno` of the first failed write; nil if none has failed.
    private let failed = Mutex<Int32?>(nil)

    init(to sink: @escaping @Sendable (String) -> Int32?) { self.sink = sink }

    convenience init(descriptor: Int32) { self.init { writeAll($0, to: descriptor) } }

    func line(_ text: String) { write(text + "\n") }

    /// Writes text.
    ///
    /// After a failed write, everything is dropped: the journal has it.
    func write(_ text: String) {
        failed.withLock { failed in
            guard failed == nil else { return }
            failed = sink(text)
        }
    }

    /// Whether writes still succeed.
    ///
    /// A command that only follows a run should stop if not.
    var isOpen: Bool { failed.withLock { $0 == nil } }

    /// Throws if a write has failed, unless the reader has closed the pipe.
    func check() throws(CommandFailure) {
        guard let code = failed.withLock({ $0 }), code != EPIPE else { return }
        throw CommandFailure(
            .stateNotWritten, "cannot write to standard output: \(String(cString: strerror(code)))")
    }
}

/// Writes all of `text`; returns nil, or the `errno` of the write that failed.
@discardableResult
func writeAll(_ text: String, to descriptor: Int32) -> Int32? {
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
            guard poll(&entry, 1, 1000) > 0 else { return EAGAIN }
        case let code: return code
        }
    }
    return nil
}
