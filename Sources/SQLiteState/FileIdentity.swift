#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// Identifies the file at a path.
///
/// SQLite continues to use a file that was deleted or replaced, and what it writes there is lost.
struct FileIdentity: Hashable, Sendable {
    private let device: dev_t
    private let node: ino_t

    /// Returns `nil` if the file does not exist.
    init?(path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        device = status.st_dev
        node = status.st_ino
    }
}
