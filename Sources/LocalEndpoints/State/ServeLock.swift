internal import SQLiteState

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// One emulator a folder: the kernel frees the lock when its process ends, however it ends.
final class ServeLock: Sendable {
    private let lock: FileLock

    /// Takes the lock, or throws ``EmulatorError/Code/inUse(pid:)`` at once.
    init(_ folder: LocalFolder) throws(EmulatorError) {
        do throws(StateError) {
            lock = try FileLock(path: folder.serveLock)
            if try lock.tryAcquire() {
                try Self.sign(folder)
                return
            }
        } catch {
            throw EmulatorError(.storage, error.message)
        }
        let pid = try Self.holder(folder)
        throw EmulatorError(
            .inUse(pid: pid),
            "\(folder.path): an emulator already runs here\(pid.map { " (process \($0))" } ?? ""): use it, end it, or set "
                + "TURNOUT_HOME to another folder")
    }

    /// True while some process, this one too, has the folder's lock.
    package static func isHeld(_ folder: LocalFolder) throws(EmulatorError) -> Bool {
        do throws(StateError) {
            guard let lock = try FileLock(existing: folder.serveLock) else { return false }
            guard try lock.tryAcquire(.shared) else { return true }
            lock.release()
            return false
        } catch {
            throw EmulatorError(.storage, error.message)
        }
    }

    func release() { lock.release() }

    /// Who has the lock, as far as its file tells.
    private static func holder(_ folder: LocalFolder) throws(EmulatorError) -> Int32? {
        try StateFile.read(folder.serveLock).flatMap { Int32(String(decoding: $0, as: UTF8.self).filter(\.isNumber)) }
    }

    /// Writes this process's id into the lock's file, which stays the same file.
    private static func sign(_ folder: LocalFolder) throws(StateError) {
        let descriptor = open(folder.serveLock, O_WRONLY | O_TRUNC | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw StateError(errno: errno, path: folder.serveLock, doing: "signing the lock") }
        defer { close(descriptor) }
        let text = "\(getpid())\n"
        guard write(descriptor, text, text.utf8.count) == text.utf8.count else {
            throw StateError(errno: errno, path: folder.serveLock, doing: "signing the lock")
        }
    }
}
