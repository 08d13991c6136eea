internal import FoundationEssentials

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// Paths on this machine, as text.
package enum DiskPath {
    /// Returns the absolute path without links and `..`, or `nil` if it does not exist.
    package static func resolved(_ path: String) -> String? {
        guard !path.utf8.contains(0), let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// The folders in which programs are searched.
    static var searchPath: String? { ProcessInfo.processInfo.environment["PATH"] }

    /// Returns the last part of a path, also if the path ends with a slash.
    package static func name(of path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }

    /// Returns `path` relative to `folder`, both absolute: `../b/c`.
    static func relative(_ path: String, to folder: String) -> String {
        let parts = path.split(separator: "/")
        let base = folder.split(separator: "/")
        let common = zip(parts, base).prefix { $0 == $1 }.count
        let words = Array(repeating: "..", count: base.count - common) + parts.dropFirst(common).map(String.init)
        return words.isEmpty ? "." : words.joined(separator: "/")
    }

    /// Returns the path of `path` relative to `folder`, with `..` and `.` resolved, without looking at the disk.
    package static func joined(_ folder: String, _ path: String) -> String {
        var parts: [Substring] = []
        let whole = path.hasPrefix("/") ? path : folder + "/" + path
        for part in whole.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }
}

/// The system's metadata of a file, with links followed.
struct FileMetadata: Hashable, Sendable {
    var size: Int
    /// The times of the last change of the contents and of the inode, in nanoseconds, and the inode number.
    ///
    /// The inode's time (ctime) cannot be set by hand.
    var changed: String
    /// The later of both times, in seconds since 1970.
    var seconds: Int
    var isRegular: Bool
    var isFolder: Bool
    var isExecutable: Bool

    /// Returns `nil` if the path does not exist.
    init?(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        size = Int(status.st_size)
        #if canImport(Darwin)
            let (modified, entry) = (status.st_mtimespec, status.st_ctimespec)
        #else
            let (modified, entry) = (status.st_mtim, status.st_ctim)
        #endif
        changed = "\(modified.tv_sec).\(modified.tv_nsec)/\(entry.tv_sec).\(entry.tv_nsec)/\(status.st_ino)"
        seconds = max(Int(modified.tv_sec), Int(entry.tv_sec))
        isRegular = status.st_mode & S_IFMT == S_IFREG
        isFolder = status.st_mode & S_IFMT == S_IFDIR
        isExecutable = status.st_mode & 0o100 != 0
    }
}

/// Reads the bytes of files.
enum DiskFile {
    /// Passes the file's bytes to `body` in parts.
    static func read(_ path: String, _ body: (UnsafeRawBufferPointer) -> Void) throws(AssetProblem) {
        let file = try open(path)
        defer { close(file) }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            let count = try fill(buffer, from: file, path)
            guard count > 0 else { return }
            body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
    }

    static func contents(of path: String, limit: Int) throws(AssetProblem) -> [UInt8] {
        guard let facts = FileMetadata(path) else { throw problem(path) }
        guard facts.size <= limit else { throw AssetProblem("\(path) is larger than \(limit) bytes") }
        var bytes: [UInt8] = []
        try read(path) { bytes.append(contentsOf: $0) }
        return bytes
    }

    static func open(_ path: String) throws(AssetProblem) -> Int32 {
        #if canImport(Darwin)
            let file = Darwin.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        #else
            let file = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        #endif
        guard file >= 0 else { throw problem(path) }
        return file
    }

    static func close(_ file: Int32) {
        #if canImport(Darwin)
            _ = Darwin.close(file)
        #else
            _ = Glibc.close(file)
        #endif
    }

    /// Fills the buffer as far as the file goes, and returns the number of bytes.
    static func fill(_ buffer: UnsafeMutableRawBufferPointer, from file: Int32, _ path: String) throws(AssetProblem)
        -> Int
    {
        var count = 0
        while count < buffer.count, let start = buffer.baseAddress {
            #if canImport(Darwin)
                let read = Darwin.read(file, start + count, buffer.count - count)
            #else
                let read = Glibc.read(file, start + count, buffer.count - count)
            #endif
            if read < 0 {
                if errno == EINTR { continue }
                throw problem(path)
            }
            if read == 0 { break }
            count += read
        }
        return count
    }

    static func problem(_ path: String) -> AssetProblem {
        AssetProblem("\(path) cannot be read: \(String(cString: strerror(errno)))")
    }
}
