#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// The first hundred bytes of an SQLite file, read without SQLite so that a foreign file is not touched.
///
/// Format: https://www.sqlite.org/fileformat2.html#the_database_header
struct FileHeader {
    var userVersion: Int
    var applicationID: Int32

    /// Nil where there is no file, or an empty one.
    init?(path: String) throws(StateError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw StateError(errno: errno, path: path, doing: "opening")
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw StateError(errno: errno, path: path, doing: "opening") }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw StateError(.cannotOpen, path: path, "\(path): this is no file; move it away, or set TURNOUT_HOME")
        }
        var bytes = [UInt8](repeating: 0, count: 100)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        guard count >= 0 else { throw StateError(errno: errno, path: path, doing: "reading") }
        guard count > 0 else { return nil }
        guard count == bytes.count, bytes.starts(with: Array("SQLite format 3\0".utf8)) else {
            throw StateError(notADatabase: path)
        }
        func number(at offset: Int) -> Int32 {
            Int32(bitPattern: bytes[offset..<offset + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) })
        }
        userVersion = Int(number(at: 60))
        applicationID = number(at: 68)
    }
}
