package import Rollouts

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// Stops an emulator that runs in another process.
package struct EmulatorStopper {
    private let folder: LocalFolder

    package init(_ folder: LocalFolder) { self.folder = folder }

    /// How long the emulator may take to finish the requests in flight.
    private static let patience = Duration.seconds(45)
    /// How long after its last request a client counts as active.
    private static let attention = Interval.seconds(5)

    /// The other processes that need the emulator to stay.
    package func users() throws -> [EmulatorUser] { try EmulatorUser.all(in: folder).filter { $0.pid != getpid() } }

    /// Whether no process uses the emulator and no client has sent a request within the last 5 seconds.
    package func isUnused(at now: Timestamp) throws -> Bool {
        guard try users().isEmpty else { return false }
        guard let last = ServeLock.lastUse(folder) else { return true }
        return now - last > Self.attention
    }

    /// Asks the process to drain and exit, and waits until it has.
    ///
    /// - Throws: ``EmulatorError`` if the process cannot be signalled or does not exit in time.
    package func end(_ process: Int32) async throws {
        guard ServeLock.isHolder(process, folder) else {
            guard try ServeLock.isHeld(folder) else { return }
            throw EmulatorError(
                .failed,
                "\(folder.serveLock) is held by a process on another machine or of another user; stop it there"
            )
        }
        guard kill(process, SIGTERM) == 0 || errno == ESRCH else {
            throw EmulatorError(
                .failed, "the emulator (process \(process)) cannot be stopped: \(String(cString: strerror(errno)))")
        }
        let deadline = ContinuousClock.now + Self.patience
        while ServeLock.isHolder(process, folder) {
            guard ContinuousClock.now < deadline else {
                throw EmulatorError(
                    .failed, "the emulator (process \(process)) does not exit; end it with `kill -9 \(process)`")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }
}

extension [EmulatorUser] {
    /// The users for messages, for example `run safe-rollout-1 (process 42), turnout serve (process 43)`.
    package var words: String { map { "\($0.purpose) (process \($0.pid))" }.joined(separator: ", ") }
}
