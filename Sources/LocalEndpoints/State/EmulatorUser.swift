internal import FoundationEssentials
package import Rollouts
internal import SQLiteState
internal import Synchronization

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// A process that needs the emulator of a folder to keep running.
package struct EmulatorUser: Codable, Hashable, Sendable {
    package var pid: Int32
    /// What the process does, for example `run safe-rollout-1` or `turnout endpoint invoke`.
    package var purpose: String
    /// When the process began to use the emulator; encoded in milliseconds since 1970.
    package var since: Timestamp
    /// Whether the process keeps the emulator running indefinitely, as `turnout serve` does.
    package var keeps: Bool

    /// The processes that use the emulator now, longest first.
    ///
    /// Processes that have ended for any reason are not included.
    package static func all(in folder: LocalFolder) throws(EmulatorError) -> [EmulatorUser] {
        var users: [EmulatorUser] = []
        for path in try EmulatorUse.files(of: folder) where try EmulatorUse.isHeld(path) {
            // A process that is registering has not written its file yet, and one that is leaving has removed it.
            guard let bytes = try StateFile.read(path), !bytes.isEmpty,
                let user = try? JSONDecoder().decode(EmulatorUser.self, from: Data(bytes))
            else { continue }
            users.append(user)
        }
        return users.sorted { ($0.since, $0.pid) < ($1.since, $1.pid) }
    }
}

/// This process's use of an emulator; an emulator does not stop on its own while it has users.
///
/// Each user has a locked file in `users/`; the kernel releases the lock when the process ends. Users register, and
/// an unused emulator stops, under a common lock, so that no process registers with an emulator that is stopping.
package final class EmulatorUse: Sendable {
    package let path: String
    private let lock: FileLock
    private let user: Mutex<EmulatorUser>

    private static let patience = Duration.seconds(10)

    /// Registers this process.
    package init(of folder: LocalFolder, for purpose: String, keeps: Bool = false, at now: Timestamp)
        throws(EmulatorError)
    {
        let user = EmulatorUser(pid: getpid(), purpose: purpose, since: now, keeps: keeps)
        // Processes in other containers may have the same ID.
        let path = "\(folder.users)/\(getpid())-\(String(UInt32.random(in: .min ... .max), radix: 16)).json"
        try folder.create()
        try LocalFolder.make(folder.users)
        lock = try Self.alone(in: folder) { () throws(EmulatorError) in
            try Self.sweep(folder)
            do throws(StateError) {
                let lock = try FileLock(path: path)
                try lock.acquire(within: Self.patience)
                return lock
            } catch {
                throw EmulatorError(.storage, error.message)
            }
        }
        self.path = path
        self.user = Mutex(user)
        do throws(EmulatorError) {
            try Self.write(user, to: path)
        } catch {
            end()
            throw error
        }
    }

    /// Changes the recorded purpose of the process.
    package func rename(_ purpose: String) throws(EmulatorError) {
        let user = user.withLock { user in
            user.purpose = purpose
            return user
        }
        try Self.write(user, to: path)
    }

    /// Ends the use of the emulator.
    package func end() {
        unlink(path)
        lock.release()
    }

    /// Runs `body` if no process uses the emulator, and returns nil if one does.
    ///
    /// No process can register in the meantime.
    static func ifUnused<Result>(_ folder: LocalFolder, _ body: () throws -> Result) throws -> Result? {
        try LocalFolder.make(folder.users)
        let gate = try gate(of: folder)
        defer { gate.release() }
        for path in try files(of: folder) where try isHeld(path) { return nil }
        return try body()
    }

    static func files(of folder: LocalFolder) throws(EmulatorError) -> [String] {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: folder.users)
        } catch {
            guard access(folder.users, F_OK) != 0, errno == ENOENT else {
                throw EmulatorError(.storage, "\(folder.users): cannot read which processes use the emulator")
            }
            return []
        }
        return names.filter { $0.hasSuffix(".json") }.sorted().map { "\(folder.users)/\($0)" }
    }

    /// Whether the process that the file represents is running.
    static func isHeld(_ path: String) throws(EmulatorError) -> Bool {
        do throws(StateError) {
            guard let lock = try FileLock(existing: path) else { return false }
            guard try lock.tryAcquire(.shared) else { return true }
            lock.release()
            return false
        } catch {
            throw EmulatorError(.storage, error.message)
        }
    }

    /// Removes the files of processes that were killed.
    ///
    /// The caller must hold the gate, so that no other process has created a file but not locked it yet.
    private static func sweep(_ folder: LocalFolder) throws(EmulatorError) {
        for path in try files(of: folder) where try !isHeld(path) { unlink(path) }
    }

    private static func alone<Result>(
        in folder: LocalFolder, _ body: () throws(EmulatorError) -> Result
    ) throws(EmulatorError) -> Result {
        let gate = try gate(of: folder)
        defer { gate.release() }
        return try body()
    }

    private static func gate(of folder: LocalFolder) throws(EmulatorError) -> FileLock {
        do throws(StateError) {
            let gate = try FileLock(path: folder.users + "/gate.lock")
            try gate.acquire(within: patience)
            return gate
        } catch {
            throw EmulatorError(.storage, error.message)
        }
    }

    /// Writes the file in place, since replacing it would lose the lock.
    private static func write(_ user: EmulatorUser, to path: String) throws(EmulatorError) {
        let bytes: [UInt8]
        do {
            bytes = Array((try JSONText.line(user) + "\n").utf8)
        } catch {
            throw EmulatorError(.storage, "\(path): cannot record that this process uses the emulator: \(error)")
        }
        let descriptor = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw .system(path, doing: "opening", errno: errno) }
        defer { close(descriptor) }
        let written = bytes.withUnsafeBytes { buffer in
            Result { () throws(EmulatorError) in try Descriptor.write(buffer, to: descriptor, path: path) }
        }
        try written.get()
    }
}
