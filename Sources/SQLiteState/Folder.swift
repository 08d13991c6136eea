internal import Support

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// A folder of state on this machine.
package enum Folder {
    /// Creates `path` and what is missing above it, for this user alone.
    ///
    /// A folder that exists keeps its mode.
    package static func create(_ path: String) throws(StateError) {
        if mkdir(path, 0o700) == 0 {
            try synchronize(path.parentFolder)
            return
        }
        switch errno {
        case EEXIST, EISDIR:
            var status = stat()
            guard stat(path, &status) == 0 else { throw StateError(errno: errno, path: path, doing: "opening") }
            guard status.st_mode & S_IFMT == S_IFDIR else {
                throw StateError(
                    .cannotOpen, path: path, "\(path): this is no folder; move it away, or set TURNOUT_STATE")
            }
        case ENOENT where path.parentFolder != path:
            try create(path.parentFolder)
            // Where nothing can be made, as in /proc, it is still not there.
            guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
                throw StateError(errno: errno, path: path, doing: "creating the folder")
            }
            try synchronize(path.parentFolder)
        case let number: throw StateError(errno: number, path: path, doing: "creating the folder")
        }
    }

    /// Makes the folder's list of files survive power loss.
    package static func synchronize(_ path: String) throws(StateError) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw StateError(errno: errno, path: path, doing: "opening the folder") }
        defer { close(descriptor) }
        // EINVAL: a file system that has nothing to synchronize for folders.
        guard fsync(descriptor) == 0 || errno == EINVAL else {
            throw StateError(errno: errno, path: path, doing: "fsync of the folder")
        }
    }
}
