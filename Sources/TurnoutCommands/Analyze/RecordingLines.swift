internal import FoundationEssentials

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// Reads the lines of a file or of standard input in constant memory.
struct RecordingLines: ~Copyable {
    /// The maximum length of a line in bytes.
    static let longestLine = 1 << 16

    /// A line without its line break.
    struct Line {
        /// The line number, from 1.
        var number: Int
        /// The bytes of the line; empty if it is too long.
        var bytes: UnsafeBufferPointer<UInt8>
        var isTooLong: Bool
        /// False for the last line of a file that does not end with a line break.
        var isWhole: Bool
    }

    private let descriptor: Int32
    private let closes: Bool
    /// The size of a regular file in bytes, for progress; nil for other inputs.
    let size: Int?
    private(set) var bytesRead = 0

    /// Opens the file at `path`, or standard input for `-`.
    init(path: String) throws(CommandFailure) {
        guard path != "-" else {
            descriptor = STDIN_FILENO
            closes = false
            size = nil
            return
        }
        let opened = path.utf8.contains(0) ? -1 : open(path, O_RDONLY | O_CLOEXEC)
        guard opened >= 0 else {
            throw CommandFailure(.usage, "cannot read \(path): \(String(cString: strerror(errno)))")
        }
        var status = stat()
        guard fstat(opened, &status) == 0, status.st_mode & S_IFMT != S_IFDIR else {
            close(opened)
            throw CommandFailure(.usage, "\(path) is a folder, not a file")
        }
        descriptor = opened
        closes = true
        size = status.st_mode & S_IFMT == S_IFREG ? Int(status.st_size) : nil
    }

    deinit { if closes { close(descriptor) } }

    /// Calls `body` with each line, and `pause` after each chunk, until `body` returns false.
    mutating func forEach(
        pause: (_ bytesRead: Int) -> Void, _ body: (Line) throws -> Bool
    ) throws {
        let capacity = 1 << 20
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity, alignment: 8)
        defer { buffer.deallocate() }
        let bytes = UnsafeBufferPointer(buffer.bindMemory(to: UInt8.self))
        var filled = 0
        var number = 0
        var skipping = false
        var isAtEnd = false
        while !isAtEnd {
            let count = try readMore(UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]))
            isAtEnd = count == 0
            filled += count
            bytesRead += count
            var start = 0
            while start < filled {
                let rest = UnsafeBufferPointer(rebasing: bytes[start..<filled])
                let length = rest.length(before: 0x0A)
                guard length != nil || isAtEnd || rest.count > Self.longestLine else { break }
                let end = length ?? rest.count
                if !skipping {
                    number += 1
                    let isTooLong = end > Self.longestLine
                    let line = Line(
                        number: number, bytes: UnsafeBufferPointer(rebasing: rest[..<(isTooLong ? 0 : end)]),
                        isTooLong: isTooLong, isWhole: length != nil)
                    guard try body(line) else { return }
                }
                skipping = length == nil
                start += end + (length == nil ? 0 : 1)
            }
            if start > 0, start < filled {
                buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[start..<filled]))
            }
            filled -= start
            pause(bytesRead)
        }
    }

    private func readMore(_ space: UnsafeMutableRawBufferPointer) throws(CommandFailure) -> Int {
        while true {
            let count = read(descriptor, space.baseAddress, space.count)
            if count >= 0 { return count }
            guard errno == EINTR else {
                throw CommandFailure(.failed, "cannot read the recording: \(String(cString: strerror(errno)))")
            }
        }
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// Returns the number of bytes before the first `byte`; nil if there is none.
    fileprivate func length(before byte: UInt8) -> Int? {
        guard let base = baseAddress, let found = memchr(base, Int32(byte), count) else { return nil }
        return UnsafeRawPointer(found) - UnsafeRawPointer(base)
    }

    /// Whether the bytes are valid UTF-8.
    var isUTF8: Bool {
        let raw = UnsafeRawBufferPointer(self)
        var offset = 0
        while offset + 8 <= count {
            guard raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self) & 0x8080_8080_8080_8080 == 0 else {
                return String(validating: self, as: UTF8.self) != nil
            }
            offset += 8
        }
        return self[offset...].allSatisfy { $0 < 0x80 } || String(validating: self, as: UTF8.self) != nil
    }
}
