internal import Dispatch
internal import RolloutEngine
internal import Rollouts
internal import Synchronization

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// Writes a line for every request of every endpoint to a file or to standard output: time, endpoint and deployment,
/// instance, and result.
///
/// Lines are buffered in memory and written on a separate dispatch queue, so that no event loop waits for a disk or for
/// the process that reads standard output. Lines that cannot be written in time are dropped and counted, and a line
/// with that count is written in their place. The file is opened for appending, so that it can be truncated in place
/// (`copytruncate`).
package final class AccessLog: Sendable {
    /// The destination of request lines.
    package enum Place: Hashable, Sendable {
        case nowhere
        /// Only the log of each deployment, which `getLogs` returns.
        case deployments
        /// The deployments' logs and this file.
        case file(path: String)
        /// The deployments' logs and standard output.
        case standardOutput

        /// The value for `turnout serve --access-log`.
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

    /// The maximum number of buffered bytes.
    private static let limit = 4 << 20
    private static let delay = DispatchTimeInterval.milliseconds(50)
    private let queue = DispatchQueue(label: "turnout.access-log", qos: .utility)
    private let descriptor: Int32
    private let path: String?
    private let buffer = Mutex(Buffer())

    /// Opens the destination; returns `nil` if request lines go nowhere or only to the deployments' logs.
    ///
    /// - Throws: ``EmulatorError`` if the file cannot be opened.
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

    /// Appends a request's line; may be called on any thread, including event loops.
    func append(at time: Timestamp, to deployment: DeploymentState, by instance: String?, _ text: String) {
        append("\(time) \(deployment.endpoint)/\(deployment.deployment) \(instance ?? "-") \(text)\n")
    }

    /// Appends a line; `line` must end with a line feed.
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

    /// Waits until everything that was appended is written.
    package func flush() async {
        await withCheckedContinuation { continuation in
            queue.async {
                self.write()
                continuation.resume()
            }
        }
    }

    /// The number of dropped lines that no line of the log reports yet.
    var lostLines: Int { buffer.withLock { $0.lost } }

    private func write() {
        let (bytes, lost) = buffer.withLock { buffer in
            defer { buffer = Buffer() }
            return (buffer.bytes, buffer.lost)
        }
        let written = write(bytes)
        let unwritten = bytes[written...].count { $0 == UInt8(ascii: "\n") }
        if unwritten > 0 { buffer.withLock { $0.lost += unwritten + lost } } else if lost > 0 { report(lost) }
    }

    private func report(_ lost: Int) {
        let line = Array(
            "\(SystemClock().now()) \(lost) line\(lost == 1 ? " was" : "s were") lost: they could not be written in time\n"
                .utf8)
        if write(line) < line.count { buffer.withLock { $0.lost += lost } }
    }

    /// Writes `bytes` and returns how many of them could be written.
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
