#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// A file locked with `flock`; the kernel releases the lock when its process ends, however it ends.
///
/// Two values for one path exclude each other even within one process. The file is never removed: removing it while
/// another process waits for it would result in two locks.
package final class FileLock: Sendable {
    package enum Mode: Sendable {
        case shared, exclusive
    }

    package let path: String
    private let descriptor: Int32

    /// Opens the file, creating it if necessary.
    package convenience init(path: String) throws(StateError) {
        try self.init(path: path, flags: O_RDWR | O_CREAT)
    }

    /// Opens the file; returns `nil` if it does not exist.
    package convenience init?(existing path: String) throws(StateError) {
        do {
            try self.init(path: path, flags: O_RDONLY)
        } catch  where access(path, F_OK) != 0 && errno == ENOENT {
            return nil
        }
    }

    private init(path: String, flags: Int32) throws(StateError) {
        var descriptor: Int32
        repeat { descriptor = open(path, flags | O_CLOEXEC | O_NOFOLLOW, 0o644) } while descriptor < 0 && errno == EINTR
        guard descriptor >= 0 else { throw StateError(errno: errno, path: path, doing: "opening the lock") }
        self.path = path
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// Tries to acquire the lock; returns false if another holder has it.
    package func tryAcquire(_ mode: Mode = .exclusive) throws(StateError) -> Bool {
        let operation = (mode == .exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB
        while flock(descriptor, operation) != 0 {
            switch errno {
            case EINTR: continue
            case EWOULDBLOCK: return false
            default: throw StateError(errno: errno, path: path, doing: "locking")
            }
        }
        return true
    }

    /// Waits for the lock; throws ``StateError/Code/busy`` if it cannot be acquired within `limit`.
    package func acquire(within limit: Duration) throws(StateError) {
        guard try !tryAcquire() else { return }
        let deadline = ContinuousClock.now + limit
        var pause = 100_000
        while ContinuousClock.now < deadline {
            var interval = timespec(tv_sec: 0, tv_nsec: pause)
            nanosleep(&interval, nil)
            guard try !tryAcquire() else { return }
            pause = min(pause * 2, 5_000_000)
        }
        throw StateError(
            .busy, path: path,
            "\(path): another turnout process has held the lock for \(limit); find it with `fuser \(path)`")
    }

    package func release() { flock(descriptor, LOCK_UN) }
}
