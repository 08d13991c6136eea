#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// Which file stands at a path: SQLite goes on with one that was deleted or replaced, and what it writes there is lost.
struct FileIdentity: Hashable, Sendable {
    private let device: dev_t
    private let node: ino_t

    /// Nil where there is no file.
    init?(path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        device = status.st_dev
        node = status.st_ino
    }
}
