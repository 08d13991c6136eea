#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif
internal import GRDB
package import RolloutEngine
internal import Rollouts
internal import SQLiteState
internal import Synchronization

extension SQLiteJournal {
    package func acquireLease(
        on endpoint: LeaseKey, for run: RunID, takeOver: Bool
    ) throws(JournalError) -> Lease {
        var lock: FileLock?
        var outdated: String?
        let lease = try write { db in
            let row = try LeaseRow.fetch(endpoint.description, in: db)
            if let holder = try row?.holder(seenFrom: machine, locks: self) {
                guard !holder.isAlive || (takeOver && holder.silent >= LeaseHolder.patience) else {
                    throw JournalError.leased(by: holder)
                }
                outdated = lockPath(key: holder.key, epoch: holder.epoch)
            }
            let (epoch, isUsedUp) = (row?.epoch ?? 0).addingReportingOverflow(1)
            guard !isUsedUp else {
                throw JournalError(
                    .tampered,
                    "\(path): the epoch of \(endpoint) was changed by something other than Turnout; set it to one more "
                        + "than the highest epoch in the events table")
            }
            lock = try lockNewEpoch(epoch, of: endpoint)
            try LeaseRow(key: endpoint, epoch: epoch, run: run, machine: machine).save(in: db)
            return Lease(key: endpoint, run: run, epoch: epoch)
        }
        if let lock {
            leaseLocks.withLock { $0[lock.path] = lock }
        }
        if let outdated { drop(outdated) }
        return lease
    }

    /// Returns the random, permanent ID that distinguishes this state folder from others that share a backend.
    package func home() throws(JournalError) -> String {
        let id = try read { db in try db.firstRow("SELECT id FROM home", []) { $0.text(0) } }
        guard let id else { throw JournalError(.tampered, "\(path): the table `home` is empty") }
        return id
    }

    /// Raises the lease's epoch above `seen`, which the backend has received from a runner of another state folder.
    ///
    /// Events written under the previous epoch remain valid; nothing more can be written under the old lease.
    package func raise(_ lease: Lease, above seen: Int) throws(JournalError) -> Lease {
        guard lease.epoch <= seen else { return lease }
        var lock: FileLock?
        let raised = try write { db in
            try holdLease(lease, for: lease.run, in: db)
            let (epoch, isUsedUp) = seen.addingReportingOverflow(1)
            guard !isUsedUp else {
                throw JournalError.lastEpoch(of: lease.key, in: "its backend")
            }
            lock = try lockNewEpoch(epoch, of: lease.key)
            try LeaseRow(key: lease.key, epoch: epoch, run: lease.run, machine: machine).save(in: db)
            return Lease(key: lease.key, run: lease.run, epoch: epoch)
        }
        if let lock {
            leaseLocks.withLock { $0[lock.path] = lock }
        }
        drop(lockPath(key: lease.key.description, epoch: lease.epoch))
        return raised
    }

    package func heartbeat(_ lease: Lease) throws(JournalError) {
        try write { db in try holdLease(lease, for: lease.run, in: db) }
    }

    package func release(_ lease: Lease) throws(JournalError) {
        try write { db in
            try holdLease(lease, for: lease.run, in: db)
            try db.run("UPDATE leases SET run = NULL WHERE key = ?", [lease.key.description])
        }
        drop(lockPath(key: lease.key.description, epoch: lease.epoch))
    }

    package func leases() throws(JournalError) -> [LeaseHolder] {
        try read { db in
            try LeaseRow.fetchAll(in: db).compactMap { try $0.holder(seenFrom: machine, locks: self) }
        }
    }

    /// Records a heartbeat of the lease's holder; throws ``JournalError/Code/fenced`` if it no longer holds the lease.
    func holdLease(_ lease: Lease, for run: RunID, in db: Database) throws {
        let held = try db.run(
            "UPDATE leases SET heartbeat = ?, heartbeat_at = ? WHERE key = ? AND epoch = ? AND run = ?",
            [
                machine.bootClock(), machine.now().milliseconds, lease.key.description, lease.epoch,
                run.description,
            ])
        guard held != 1 else { return }
        let row = try LeaseRow.fetch(lease.key.description, in: db)
        throw JournalError.overtaken(run, under: lease, by: try row?.holder(seenFrom: machine, locks: self))
    }
}

// MARK: - Locks

extension SQLiteJournal {
    /// Returns whether a process holds the lock of the epoch, or `nil` if the lock file does not exist.
    func isLocked(key: String, epoch: Int) throws(StateError) -> Bool? {
        let path = lockPath(key: key, epoch: epoch)
        guard leaseLocks.withLock({ $0[path] == nil }) else { return true }
        guard let lock = try FileLock(existing: path) else { return nil }
        // The lock is shared, so that two simultaneous checks do not mistake each other for the holder.
        return try !lock.tryAcquire(.shared)
    }

    /// Releases the lock if this process holds it, and removes its file.
    ///
    /// Failing to remove the file is harmless, because past epochs are never checked again.
    private func drop(_ path: String) {
        leaseLocks.withLock { $0[path] = nil }
        unlink(path)
    }

    private func lockNewEpoch(_ epoch: Int, of endpoint: LeaseKey) throws(StateError) -> FileLock {
        try Folder.create(folder + "/locks")
        let lock = try FileLock(path: lockPath(key: endpoint.description, epoch: epoch))
        guard try lock.tryAcquire() else {
            throw StateError(
                .busy, path: lock.path, "\(lock.path): another program has locked it; find it with `fuser \(lock.path)`"
            )
        }
        return lock
    }

    /// Returns the path of the lock file for an epoch; each epoch has its own, so that a replaced holder blocks no one.
    func lockPath(key: String, epoch: Int) -> String {
        let readable = key.unicodeScalars.prefix(60).map { scalar in
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9", "-", "_": String(scalar)
            default: "_"
            }
        }
        return "\(folder)/locks/\(readable.joined())-\(hexadecimalDigest(of: .init(key.utf8)).prefix(8)).\(epoch).lock"
    }
}
