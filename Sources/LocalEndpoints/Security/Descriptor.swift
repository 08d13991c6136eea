#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// Reads and writes file descriptors and retries calls that a signal interrupts.
enum Descriptor {
    /// Writes all of `bytes`; `path` is the file named in errors.
    static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32, path: String) throws(EmulatorError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = writeOnce(descriptor, UnsafeRawBufferPointer(rebasing: rest))
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .system(path, doing: "writing", errno: errno) }
            rest = rest.dropFirst(count)
        }
    }

    /// Reads up to the end of the file, at most `limit` bytes.
    static func read(_ descriptor: Int32, limit: Int, path: String) throws(EmulatorError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: limit)
        var filled = 0
        while filled < limit {
            let count = bytes.withUnsafeMutableBytes {
                readOnce(descriptor, UnsafeMutableRawBufferPointer(rebasing: $0[filled...]))
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .system(path, doing: "reading", errno: errno) }
            guard count > 0 else { break }
            filled += count
        }
        return Array(bytes[..<filled])
    }

    private static func writeOnce(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
        #if canImport(Darwin)
            Darwin.write(descriptor, bytes.baseAddress, bytes.count)
        #else
            Glibc.write(descriptor, bytes.baseAddress, bytes.count)
        #endif
    }

    private static func readOnce(_ descriptor: Int32, _ bytes: UnsafeMutableRawBufferPointer) -> Int {
        #if canImport(Darwin)
            Darwin.read(descriptor, bytes.baseAddress, bytes.count)
        #else
            Glibc.read(descriptor, bytes.baseAddress, bytes.count)
        #endif
    }
}
