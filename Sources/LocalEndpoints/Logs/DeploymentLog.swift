internal import Dispatch
package import RolloutEngine
package import Rollouts
internal import Synchronization

/// A deployment's log: event lines, its instances' output, and a line for each request.
///
/// Lines are buffered in memory and written 50 ms later on a separate dispatch queue, so that no event loop or actor
/// waits for a disk. A disk that is full or too slow costs lines, never requests: dropped lines are counted, and a line
/// with that count is written in their place.
package final class DeploymentLog: Sendable {
    private struct Buffer {
        var bytes: [UInt8] = []
        var lost = 0
        var isScheduled = false
    }

    /// The maximum number of buffered bytes.
    private static let bufferLimit = 1 << 20
    /// How long lines are buffered before they are written.
    private let delay: DispatchTimeInterval
    /// One queue for all logs, because they share the disk.
    private static let queue = DispatchQueue(label: "turnout.logs", qos: .utility)

    /// Locked while the files are read or written; always acquired before ``buffer``.
    private let file: Mutex<LogFile>
    private let buffer = Mutex(Buffer())
    private let requests = RequestLineLimit()

    /// Opens the log at `path` and creates the file if it does not exist.
    package convenience init(path: String) throws { try self.init(path: path, delay: .milliseconds(50)) }

    init(path: String, delay: DispatchTimeInterval) throws {
        self.delay = delay
        file = Mutex(try LogFile(path: path))
    }

    /// Appends a line without waiting for the disk; may be called on any thread, including event loops.
    package func append(_ line: LogLine) {
        let mustSchedule = buffer.withLock { buffer in
            guard buffer.bytes.count < Self.bufferLimit else {
                buffer.lost += 1
                return false
            }
            LogLineText.append(line, to: &buffer.bytes)
            defer { buffer.isScheduled = true }
            return !buffer.isScheduled
        }
        if mustSchedule { Self.queue.asyncAfter(deadline: .now() + delay) { self.write() } }
    }

    /// Appends a line for a request unless ``RequestLineLimit/linesPerSecond`` is reached.
    ///
    /// Beyond the limit, the request is only counted and `text` is not evaluated.
    package func appendRequest(at time: Timestamp, instance: String?, text: @autoclosure () -> String) {
        switch requests.admit(at: time) {
        case .no: return
        case .yes(let leftOut):
            if leftOut > 0 {
                append(LogLine(at: time, text: "\(leftOut) more requests were answered but not logged individually"))
            }
            append(LogLine(at: time, instance: instance, text: text()))
        }
    }

    /// Returns the last `count` lines, oldest first, including lines of earlier processes.
    package func tail(_ count: Int) throws -> [LogLine] {
        guard count > 0 else { return [] }
        return try file.withLock { file in
            // While the file is locked, every line is either in the file or in the buffer.
            let waiting = buffer.withLock { $0.bytes }
                .split(separator: LogLineText.lineFeed).suffix(count).compactMap { LogLineText.line($0) }
            return try file.tail(count - waiting.count) + waiting
        }
    }

    /// Waits until everything that was appended is in the file.
    package func flush() async {
        await withCheckedContinuation { continuation in
            Self.queue.async {
                self.write()
                continuation.resume()
            }
        }
    }

    private func write() {
        file.withLock { file in
            let (bytes, lost) = buffer.withLock { buffer in
                defer { buffer = Buffer() }
                return (buffer.bytes, buffer.lost)
            }
            file.write(bytes)
            if lost > 0 { file.lose(lost, because: "they came faster than they could be written") }
        }
    }
}
