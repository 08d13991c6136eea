#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif
internal import RolloutEngine
internal import SQLiteState

/// Reads a log backwards from its end in blocks, no further than needed.
enum LogTail {
    private static let block = 1 << 16

    /// Returns the last `count` complete lines of the file, oldest first; empty if the file does not exist.
    static func lines(of path: String, last count: Int) throws(StateError) -> [LogLine] {
        guard count > 0 else { return [] }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            guard errno == ENOENT else { throw StateError(errno: errno, path: path, doing: "opening the log") }
            return []
        }
        defer { close(descriptor) }
        var position = Int(lseek(descriptor, 0, SEEK_END))
        var newestFirst: [LogLine] = []
        /// Bytes of a line whose beginning has not been read yet.
        var rest: [UInt8] = []
        while position > 0, newestFirst.count < count {
            let length = min(block, position)
            position -= length
            rest = try read(descriptor, length, at: position, path: path) + rest
            // The first line may begin before the bytes read so far.
            let begin = position == 0 ? 0 : (rest.firstIndex(of: LogLineText.lineFeed) ?? rest.count)
            let lines = rest[begin...].split(separator: LogLineText.lineFeed)
            for line in lines.reversed() where newestFirst.count < count {
                if let line = LogLineText.line(line) { newestFirst.append(line) }
            }
            rest.removeSubrange(begin...)
        }
        return newestFirst.reversed()
    }

    private static func read(_ descriptor: Int32, _ length: Int, at position: Int, path: String)
        throws(StateError) -> [UInt8]
    {
        var bytes = [UInt8](repeating: 0, count: length)
        var filled = 0
        while filled < length {
            let count = bytes.withUnsafeMutableBytes { buffer in
                pread(
                    descriptor, buffer.baseAddress?.advanced(by: filled), length - filled, off_t(position + filled))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw StateError(errno: errno, path: path, doing: "reading the log") }
            filled += count
        }
        return bytes
    }
}
