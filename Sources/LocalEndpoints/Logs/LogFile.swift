#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif
internal import RolloutEngine
internal import Rollouts
internal import SQLiteState
internal import Support

/// A log in two files: `path`, and `path.1`, to which `path` is renamed when it is full.
///
/// A crash may leave an incomplete line at the end of the file. The next line then starts on a new line, and incomplete
/// lines are skipped when the log is read.
struct LogFile: ~Copyable {
    static let standardLimit = 4 << 20

    private let path: String
    private let limit: Int
    private let now: @Sendable () -> Timestamp
    private var descriptor: Int32
    private var size: Int
    /// Whether the file ends with an incomplete line.
    private var isBroken = false
    /// The number of lines lost since the last successful write, and the reason.
    private var loss: (lines: Int, reason: String)?

    /// Opens the file for appending and creates it if it does not exist.
    ///
    /// - Throws: ``StateError`` if the file cannot be opened.
    init(
        path: String, limit: Int = Self.standardLimit,
        now: @escaping @Sendable () -> Timestamp = { SystemClock().now() }
    ) throws(StateError) {
        self.path = path
        self.limit = limit
        self.now = now
        (descriptor, size) = try Self.opened(path)
        isBroken = size > 0 && Self.lastByte(of: path, size: size) != LogLineText.lineFeed
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Appends complete lines; lines that cannot be written are counted, and the loss is reported with the next
    /// successful write.
    mutating func write(_ lines: [UInt8]) {
        guard !lines.isEmpty else { return }
        do {
            if size > 0, size + lines.count > limit { try rotate() }
            var bytes: [UInt8] = isBroken ? [LogLineText.lineFeed] : []
            if let loss {
                let text =
                    "\(loss.lines.counted("line")) of this log \(loss.lines == 1 ? "was" : "were") lost: \(loss.reason)"
                LogLineText.append(LogLine(at: now(), text: text), to: &bytes)
            }
            bytes += lines
            try append(bytes)
            loss = nil
        } catch {
            lose(lines.count { $0 == LogLineText.lineFeed }, because: error.message)
        }
    }

    /// Counts lines that were dropped before they could be written here.
    mutating func lose(_ lines: Int, because reason: String) {
        loss = ((loss?.lines ?? 0) + lines, reason)
    }

    /// The number of lost lines that no line of the log reports yet.
    var lostLines: Int { loss?.lines ?? 0 }

    /// Returns the last `count` complete lines, oldest first.
    borrowing func tail(_ count: Int) throws -> [LogLine] {
        let newest = try LogTail.lines(of: path, last: count)
        guard newest.count < count else { return newest }
        return try LogTail.lines(of: path + ".1", last: count - newest.count) + newest
    }

    private mutating func append(_ bytes: [UInt8]) throws(StateError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Self.write($0, to: descriptor) }
            guard count > 0 else {
                throw StateError(errno: errno, path: path, doing: "writing")
            }
            size += count
            rest = rest.dropFirst(count)
            isBroken = bytes[rest.startIndex - 1] != LogLineText.lineFeed
        }
    }

    private mutating func rotate() throws(StateError) {
        guard rename(path, path + ".1") == 0 else { throw StateError(errno: errno, path: path, doing: "renaming") }
        let new = try Self.opened(path)
        close(descriptor)
        (descriptor, size) = new
        isBroken = false
    }

    private static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Int {
        while true {
            #if canImport(Darwin)
                let count = Darwin.write(descriptor, bytes.baseAddress, bytes.count)
            #else
                let count = Glibc.write(descriptor, bytes.baseAddress, bytes.count)
            #endif
            guard count < 0, errno == EINTR else { return count }
        }
    }

    private static func opened(_ path: String) throws(StateError) -> (descriptor: Int32, size: Int) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw StateError(errno: errno, path: path, doing: "opening the log") }
        guard let facts = FileFacts(descriptor: descriptor) else {
            let number = errno
            close(descriptor)
            throw StateError(errno: number, path: path, doing: "reading the size of the log")
        }
        return (descriptor, facts.size)
    }

    /// Returns the file's last byte, or `nil` if it cannot be read.
    ///
    /// In that case the end counts as incomplete, which costs only an empty line.
    private static func lastByte(of path: String, size: Int) -> UInt8? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var byte: UInt8 = 0
        return pread(descriptor, &byte, 1, off_t(size - 1)) == 1 ? byte : nil
    }
}
