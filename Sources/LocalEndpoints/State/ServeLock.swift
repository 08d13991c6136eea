package import Rollouts
internal import SQLiteState

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// One emulator a folder: the kernel frees the lock when its process ends, however it ends.
///
/// The time of the file's last change is when the emulator was used last, to the second.
package final class ServeLock: Sendable {
    private let lock: FileLock
    private let number: UInt64?

    /// How long the lock is waited for: who only looks whether it is free has it for an instant.
    private static let patience = Duration.milliseconds(300)

    /// Takes the lock, or throws ``EmulatorError/Code/inUse(pid:)``.
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
            "\(folder.path): an emulator is already running here\(pid.map { " (process \($0))" } ?? ""): use it, stop it "
                + "with `turnout serve --stop`, or set TURNOUT_STATE to another folder")
    }

    /// Whether the lock still has its name: the folder was not removed or exchanged.
    func isInPlace(_ folder: LocalFolder) -> Bool { FileFacts(path: folder.serveLock)?.number == number }

    /// Notes that the emulator is used now.
    static func touch(_ folder: LocalFolder) { utimensat(AT_FDCWD, folder.serveLock, nil, AT_SYMLINK_NOFOLLOW) }

    /// When the emulator was used last; nil where there was none.
    package static func lastUse(_ folder: LocalFolder) -> Timestamp? {
        FileFacts(path: folder.serveLock).map {
            Timestamp(milliseconds: Int64($0.modified) * 1000 + Int64($0.modifiedNanoseconds) / 1_000_000)
        }
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
    package static func holder(_ folder: LocalFolder) throws(EmulatorError) -> Int32? {
        try StateFile.read(folder.serveLock).flatMap { Int32(String(decoding: $0, as: UTF8.self).filter(\.isNumber)) }
    }

    /// Whether `process` has the lock's file open, as far as this machine shows that.
    ///
    /// A process id in the file may be one of another container, and stand for another process here.
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

extension FileLock {
    /// Tries for a moment; false where another holds the lock for longer.
    fileprivate func acquireSoon(within limit: Duration) throws(StateError) -> Bool {
        do {
            try acquire(within: limit)
            return true
        } catch  where error.code == .busy {
            return false
        }
    }
}
