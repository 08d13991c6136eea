#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif
internal import SQLiteState

/// Reads and writes small files in the emulator's folder atomically, with secrets readable only by their owner.
enum StateFile {
    /// The maximum size of a file, in bytes.
    private static let limit = 1 << 20

    /// Reads the file; returns `nil` if it does not exist.
    ///
    /// If `secret` is true, a file that belongs to another user or that other users can access is rejected: they may
    /// know its contents or may have planted it.
    static func read(_ path: String, secret: Bool = false) throws(EmulatorError) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw .system(path, doing: "opening", errno: errno)
        }
        defer { close(descriptor) }
        guard let facts = FileFacts(descriptor: descriptor) else { throw .system(path, doing: "opening", errno: errno) }
        guard facts.isRegular, facts.size <= limit else {
            throw EmulatorError(.storage, "\(path): expected a regular file of at most 1 MiB; move it elsewhere")
        }
        if secret { try requireSecret(facts, path: path) }
        return try Descriptor.read(descriptor, limit: facts.size, path: path)
    }

    /// Replaces the file at `path` atomically: readers see either the old contents or the new.
    ///
    /// The contents are flushed to disk before the file is renamed.
    static func write(_ bytes: [UInt8], to path: String, secret: Bool = false) throws(EmulatorError) {
        let partial = "\(path).\(getpid()).partial"
        guard unlink(partial) == 0 || errno == ENOENT else {
            throw .system(partial, doing: "removing an unfinished file", errno: errno)
        }
        let descriptor = open(partial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, secret ? 0o600 : 0o644)
        guard descriptor >= 0 else { throw .system(partial, doing: "creating", errno: errno) }
        defer { close(descriptor) }
        do throws(EmulatorError) {
            try contents(bytes, to: descriptor, path: partial)
        } catch {
            unlink(partial)
            throw error
        }
        guard rename(partial, path) == 0 else {
            let number = errno
            unlink(partial)
            throw .system(path, doing: "replacing the file", errno: number)
        }
    }

    static func remove(_ path: String) throws(EmulatorError) {
        guard unlink(path) == 0 || errno == ENOENT else { throw .system(path, doing: "removing", errno: errno) }
    }

    /// Creates an empty file that only its owner can access if none exists, before another program creates it readable.
    static func reserve(_ path: String) throws(EmulatorError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            if errno == EEXIST { return }
            throw .system(path, doing: "creating", errno: errno)
        }
        close(descriptor)
    }

    private static func requireSecret(_ facts: FileFacts, path: String) throws(EmulatorError) {
        guard facts.owner == geteuid() else {
            throw EmulatorError(.unsafe, "\(path): the file belongs to another user, so it is not used; remove it")
        }
        guard facts.permissions & 0o077 == 0 else {
            throw EmulatorError(
                .unsafe,
                "\(path): other users can read or write the file (mode \(String(facts.permissions, radix: 8))), so its "
                    + "secret is not used; remove it to get a new one, or `chmod 600` it if no other user has read it")
        }
    }

    private static func contents(_ bytes: [UInt8], to descriptor: Int32, path: String) throws(EmulatorError) {
        let written = bytes.withUnsafeBytes { buffer in
            Result { () throws(EmulatorError) in try Descriptor.write(buffer, to: descriptor, path: path) }
        }
        try written.get()
        guard fsync(descriptor) == 0 else { throw .system(path, doing: "writing", errno: errno) }
    }
}
