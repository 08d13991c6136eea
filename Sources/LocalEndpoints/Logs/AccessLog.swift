internal import Dispatch
internal import RolloutEngine
internal import Rollouts
internal import Synchronization

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// A line for every request of every endpoint, in a file or on standard output: when, endpoint and deployment, instance,
/// and what came of it.
///
/// Lines are gathered in memory and written by a queue of their own, so that no event loop waits for a disk or for
/// whoever reads the other end. What cannot be written in time is counted, and the count stands where the lines are
/// missing. The file is appended to, so that it may be cut off in place (`copytruncate`).
package final class AccessLog: Sendable {
    /// Where request lines go.
    package enum Place: Hashable, Sendable {
        case nowhere
        /// Each into the log of its deployment, as `getLogs` shows it.
        case deployments
        /// There and into this file.
        case file(path: String)
        /// There and on standard output.
        case standardOutput

        /// As `turnout serve --access-log` has it.
        package var words: String {
            switch self {
            case .nowhere: "off"
            case .deployments: "logs"
            case .file(let path): path
            case .standardOutput: "-"
            }
        }
    }

    private struct Buffer {
        var bytes: [UInt8] = []
        var lost = 0
        var isScheduled = false
    }

    /// Bytes that wait to be written at most.
    private static let limit = 4 << 20
    private static let delay = DispatchTimeInterval.milliseconds(50)
    private let queue = DispatchQueue(label: "turnout.access-log", qos: .utility)
    private let descriptor: Int32
    private let path: String?
    private let buffer = Mutex(Buffer())

    /// Nil where no place of its own is asked for; throws ``EmulatorError`` where the file cannot be opened.
    package init?(_ place: Place) throws {
        switch place {
        case .nowhere, .deployments: return nil
        case .standardOutput: (descriptor, path) = (STDOUT_FILENO, nil)
        case .file(let path):
            self.path = path
            descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else {
                throw EmulatorError.system(path, doing: "opening the access log", errno: errno)
            }
        }
    }

    deinit { if path != nil { close(descriptor) } }

    /// May be called on any thread, an event loop too.
    func append(at time: Timestamp, to deployment: DeploymentState, by instance: String?, _ text: String) {
        append("\(time) \(deployment.endpoint)/\(deployment.deployment) \(instance ?? "-") \(text)\n")
    }

    /// Appends a text that ends with a line feed.
    func append(_ line: String) {
        let mustSchedule = buffer.withLock { buffer in
            guard buffer.bytes.count < Self.limit else {
                buffer.lost += 1
                return false
            }
            buffer.bytes += line.utf8
            defer { buffer.isScheduled = true }
            return !buffer.isScheduled
        }
        if mustSchedule { queue.asyncAfter(deadline: .now() + Self.delay) { self.write() } }
    }

    /// Returns when everything that was appended is written.
    package func flush() async {
        await withCheckedContinuation { continuation in
            queue.async {
                self.write()
                continuation.resume()
            }
        }
    }

    /// How many lines were lost that no line tells of yet.
    var lostLines: Int { buffer.withLock { $0.lost } }

    private func write() {
        let (bytes, lost) = buffer.withLock { buffer in
            defer { buffer = Buffer() }
            return (buffer.bytes, buffer.lost)
        }
        let written = write(bytes)
        let unwritten = bytes[written...].count { $0 == UInt8(ascii: "\n") }
        if unwritten > 0 { buffer.withLock { $0.lost += unwritten + lost } } else if lost > 0 { tell(lost) }
    }

    private func tell(_ lost: Int) {
        let line = Array("\(SystemClock().now()) \(lost) lines were lost: they could not be written in time\n".utf8)
        if write(line) < line.count { buffer.withLock { $0.lost += lost } }
    }

    /// How many of the bytes could be written.
    private func write(_ bytes: [UInt8]) -> Int {
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { raw in
                #if canImport(Darwin)
                    Darwin.write(descriptor, raw.baseAddress, raw.count)
                #else
                    Glibc.write(descriptor, raw.baseAddress, raw.count)
                #endif
            }
            if count > 0 {
                written += count
            } else if count < 0, errno == EINTR {
                continue
            } else {
                return written
            }
        }
        return written
    }
}
