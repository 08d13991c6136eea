package import Rollouts
internal import SQLiteState

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// The lock that ensures one emulator per folder; the kernel releases it when the process ends for any reason.
///
/// The file's modification time is the time of the emulator's last use, to the second.
package final class ServeLock: Sendable {
    private let lock: FileLock
    private let number: UInt64?

    /// How long to wait for the lock, since processes that check it hold it for an instant.
    private static let patience = Duration.milliseconds(300)

    /// Acquires the lock; throws ``EmulatorError/Code/inUse(pid:)`` if another process holds it.
    init(_ folder: LocalFolder) throws(EmulatorError) {
        do throws(StateError) {
            lock = try FileLock(path: folder.serveLock)
            if try lock.acquireSoon(within: Self.patience) {
                number = FileFacts(path: folder.serveLock)?.number
                try Self.sign(folder)
                return
            }
        } catch {
            throw EmulatorError(.storage, error.message)
        }
        let pid = try Self.holder(folder)
        throw EmulatorError(
            .inUse(pid: pid),
            "\(folder.path): an emulator is already running here\(pid.map { " (process \($0))" } ?? ""): use it, stop "
                + "it with `turnout serve --stop`, or set TURNOUT_STATE to another folder")
    }

    /// Whether the lock file is still in place, that is, the folder was neither removed nor replaced.
    func isInPlace(_ folder: LocalFolder) -> Bool { FileFacts(path: folder.serveLock)?.number == number }

    /// Records that the emulator is in use now.
    static func touch(_ folder: LocalFolder) { utimensat(AT_FDCWD, folder.serveLock, nil, AT_SYMLINK_NOFOLLOW) }

    /// When the emulator was last used; nil if there never was one.
    package static func lastUse(_ folder: LocalFolder) -> Timestamp? {
        FileFacts(path: folder.serveLock).map {
            Timestamp(milliseconds: Int64($0.modified) * 1000 + Int64($0.modifiedNanoseconds) / 1_000_000)
        }
    }

    /// Whether any process, including this one, holds the folder's lock.
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

    /// The ID of the lock's holder according to its file; nil if the file does not contain one.
    package static func holder(_ folder: LocalFolder) throws(EmulatorError) -> Int32? {
        try StateFile.read(folder.serveLock).flatMap { Int32(String(decoding: $0, as: UTF8.self).filter(\.isNumber)) }
    }

    /// Whether `process` has the lock file open; always true on systems that cannot tell.
    ///
    /// The process ID in the file may come from another container, and belong to an unrelated process here.
    package static func isHolder(_ process: Int32, _ folder: LocalFolder) -> Bool {
        #if os(Linux)
            guard let lock = FileFacts(path: folder.serveLock), let list = opendir("/proc/\(process)/fd") else {
                return false
            }
            defer { closedir(list) }
            while let item = readdir(list) {
                let name = withUnsafeBytes(of: item.pointee.d_name) {
                    String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
                }
                guard Int32(name) != nil, let file = FileFacts(following: "/proc/\(process)/fd/\(name)") else {
                    continue
                }
                if file.number == lock.number, file.size == lock.size { return true }
            }
            return false
        #else
            return true
        #endif
    }

    /// Writes this process's ID into the lock file, in place so that the lock is kept.
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

extension FileLock {
    /// Waits up to `limit` for the lock; returns false if another process still holds it.
    fileprivate func acquireSoon(within limit: Duration) throws(StateError) -> Bool {
        do {
            try acquire(within: limit)
            return true
        } catch  where error.code == .busy {
            return false
        }
    }
}
