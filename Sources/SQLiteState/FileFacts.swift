#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// The metadata of a file.
///
/// It is defined here because the members of C's `stat` belong to another module if SwiftNIO is linked.
package struct FileFacts: Hashable, Sendable {
    /// The size in bytes.
    package var size: Int
    /// The time of the last change, in seconds since 1970.
    package var modified: Int
    /// The nanoseconds within that second.
    package var modifiedNanoseconds: Int
    /// The inode number, which changes when the file is replaced.
    package var number: UInt64
    package var isRegular: Bool
    package var isFolder: Bool
    /// The user ID of the owner.
    package var owner: UInt32
    /// The permission bits, such as `0o600`.
    package var permissions: UInt32

    /// Reads the metadata of an open file; returns `nil` on failure, with the reason in `errno`.
    package init?(descriptor: Int32) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        self.init(status)
    }

    /// Reads the metadata of the target of `path`, following links; returns `nil` on failure, with the reason in
    /// `errno`.
    package init?(following path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        self.init(status)
    }

    /// Reads the metadata of `path` without following links; returns `nil` on failure, with the reason in `errno`.
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
