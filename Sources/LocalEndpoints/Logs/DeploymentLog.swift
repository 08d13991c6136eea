internal import Dispatch
package import RolloutEngine
package import Rollouts
internal import Synchronization

/// What is kept of a deployment's log: event lines, its instances' output, a line for each request.
///
/// Lines are gathered in memory and written by a queue of their own, a twentieth of a second later, so that neither an
/// event loop nor an actor ever waits for a disk. A disk that is full or too slow costs lines, never requests: what was
/// lost is counted, and the count stands in the log where the lines are missing.
package final class DeploymentLog: Sendable {
    private struct Buffer {
        var bytes: [UInt8] = []
        var lost = 0
        var isScheduled = false
    }

    /// Bytes that wait for the disk at most.
    private static let bufferLimit = 1 << 20
    /// How long lines are gathered before they are written.
    private let delay: DispatchTimeInterval
    /// One for all logs: they share the disk.
    private static let queue = DispatchQueue(label: "turnout.logs", qos: .utility)

    /// Held while files are read or written; taken before ``buffer``'s.
    private let file: Mutex<LogFile>
    private let buffer = Mutex(Buffer())
    private let requests = RequestLineLimit()

    /// Appends to the file at `path`; creates it where it is not there.
    package convenience init(path: String) throws { try self.init(path: path, delay: .milliseconds(50)) }

    init(path: String, delay: DispatchTimeInterval) throws {
        self.delay = delay
        file = Mutex(try LogFile(path: path))
    }

    /// May be called on any thread, an event loop too: it never waits for the disk.
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

    /// Appends a line for a request, unless this second has seen ``RequestLineLimit/linesPerSecond`` of them already:
    /// then it is only counted, and `text` is not even made.
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

    /// The last `count` lines, oldest first; also those of earlier processes.
    package func tail(_ count: Int) throws -> [LogLine] {
        guard count > 0 else { return [] }
        return try file.withLock { file in
            // Under the file's lock every line is either in the file or in the buffer.
            let waiting = buffer.withLock { $0.bytes }
                .split(separator: LogLineText.lineFeed).suffix(count).compactMap { LogLineText.line($0) }
            return try file.tail(count - waiting.count) + waiting
        }
    }

    /// Returns when everything that was appended is in the file.
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
