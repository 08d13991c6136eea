#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// What the system says of a file.
///
/// Here, because the members of C's `stat` belong to another module where SwiftNIO is linked.
package struct FileFacts: Hashable, Sendable {
    /// Bytes.
    package var size: Int
    /// Seconds since 1970 of its last change.
    package var modified: Int
    /// Nanoseconds of that second.
    package var modifiedNanoseconds: Int
    /// The file's number, which one that takes its place does not have.
    package var number: UInt64
    package var isRegular: Bool
    package var isFolder: Bool
    /// The user that it belongs to.
    package var owner: UInt32
    /// Who may read, write and execute it: `0o600`.
    package var permissions: UInt32

    /// Of an open file; nil where it can't be told, and `errno` says why.
    package init?(descriptor: Int32) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        self.init(status)
    }

    /// Of what `path` leads to, through links; nil where nothing is, or `errno` says why.
    package init?(following path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        self.init(status)
    }

    /// Of what stands at `path`, without following a link; nil where nothing does, or `errno` says why.
    package init?(path: String) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        self.init(status)
    }

    private init(_ status: stat) {
        size = Int(status.st_size)
        #if canImport(Darwin)
            modified = status.st_mtimespec.tv_sec
            modifiedNanoseconds = status.st_mtimespec.tv_nsec
        #else
            modified = status.st_mtim.tv_sec
            modifiedNanoseconds = status.st_mtim.tv_nsec
        #endif
        number = UInt64(status.st_ino)
        isRegular = status.st_mode & S_IFMT == S_IFREG
        isFolder = status.st_mode & S_IFMT == S_IFDIR
        owner = status.st_uid
        permissions = UInt32(status.st_mode & 0o777)
    }
}
