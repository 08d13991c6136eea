internal import Support

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// Creates state folders on this machine.
package enum Folder {
    /// Creates `path` and its missing parents, accessible only to this user.
    ///
    /// An existing folder keeps its mode.
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
                    .cannotOpen, path: path,
                    "\(path): not a folder; move it away, or set TURNOUT_STATE to another folder")
            }
        case ENOENT where path.parentFolder != path:
            try create(path.parentFolder)
            // In places where nothing can be created, such as /proc, it still does not exist.
            guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
                throw StateError(errno: errno, path: path, doing: "creating the folder")
            }
            try synchronize(path.parentFolder)
        case let number: throw StateError(errno: number, path: path, doing: "creating the folder")
        }
    }

    /// Makes the folder's directory entries survive power loss.
    package static func synchronize(_ path: String) throws(StateError) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw StateError(errno: errno, path: path, doing: "opening the folder") }
        defer { close(descriptor) }
        // EINVAL means that the file system has nothing to synchronize for folders.
        guard fsync(descriptor) == 0 || errno == EINVAL else {
            throw StateError(errno: errno, path: path, doing: "fsync of the folder")
        }
    }
}
