package import RolloutEngine
internal import Rollouts

/// Leases of the journal and of the backend, each held for as long as a closure works.
extension RolloutService {
    /// Holds the journal's lease on `key` for `run` while `body` works, and releases it however that ends.
    ///
    /// `body` may release the lease earlier, as ``withEndpoint(of:under:as:isFinished:_:)`` does, and sets it to `nil`
    /// then. With `takeOver`, waits until a live holder has been silent for long enough (P6).
    ///
    /// - Throws: ``JournalError`` with ``JournalError/Code/leased`` if another process holds the lease.
    func withLease<Result>(
        on key: LeaseKey, for run: RunID, takeOver: Bool = false, _ body: (inout Lease?) async throws -> Result
    ) async throws -> Result {
        var lease: Lease? = try await acquireLease(on: key, for: run, takeOver: takeOver)
        let result: Result
        do { result = try await body(&lease) } catch {
            if let lease, !Self.isFenced(error) { release(lease) }
            throw error
        }
        if let lease { try journal.release(lease) }
        return result
    }

    /// Holds the endpoint among the runners of all state folders while `body` works, then gives it back and releases
    /// the lease.
    ///
    /// The lease is released here, not when the session has been closed: a decision that is submitted meanwhile would be
    /// left to a process that no longer takes it up.
    ///
    /// `body` gets the lease, whose epoch may have been raised, and the epoch to send changes with. `isFinished` says
    /// whether nothing is left to resume; others read it from the backend.
    func withEndpoint<Result>(
        of session: any BackendSession, under lease: inout Lease?, as manner: LeaseMode,
        isFinished: () throws -> Bool, _ body: (Lease, _ epoch: Int) async throws -> Result
    ) async throws -> Result {
        guard var held = lease else { preconditionFailure("the lease was released") }
        let leasing = session as? any EndpointLeasing
        let result: Result
        do {
            let epoch = try await leasing?.take(&held, as: manner, in: journal) ?? held.epoch
            lease = held
            result = try await body(held, epoch)
        } catch {
            lease = nil
            guard !Self.isFenced(error) else { throw error }
            do {
                await giveBack(held, to: leasing, isFinished: try isFinished())
                try journal.release(held)
            } catch {
                warn("the lease of \(held.key) was not released: \(error)")
            }
            throw error
        }
        await giveBack(held, to: leasing, isFinished: try isFinished())
        try journal.release(held)
        lease = nil
        return result
    }

    /// A process that was overtaken holds nothing that it could release.
    private static func isFenced(_ error: any Error) -> Bool { (error as? JournalError)?.code == .fenced }

    private func giveBack(_ lease: Lease, to session: (any EndpointLeasing)?, isFinished: Bool) async {
        do { try await session?.giveBack(lease, isFinished: isFinished) } catch {
            warn("\(lease.key) was not given back to other runners, which may have to wait for it: \(error)")
        }
    }

    private func release(_ lease: Lease) {
        do { try journal.release(lease) } catch { warn("the lease of \(lease.key) was not released: \(error)") }
    }

    /// Acquires the journal's lease; with `takeOver`, waits until the holder has been silent for 30 s (P6).
    ///
    /// - Throws: ``ServiceError/Code/taken`` if the holder renews its lease meanwhile; ``JournalError`` if the holder
    ///   is alive and `takeOver` is false.
    private func acquireLease(on key: LeaseKey, for run: RunID, takeOver: Bool) async throws -> Lease {
        var before: LeaseHolder?
        while true {
            let holder: LeaseHolder
            do {
                return try journal.acquireLease(on: key, for: run, takeOver: takeOver)
            } catch {
                guard takeOver, case .leased(let other) = error.code else { throw error }
                holder = other
            }
            if let before, holder.silent < before.silent || holder.epoch != before.epoch {
                throw ServiceError(
                    .taken,
                    "process \(holder.process) on \(holder.host) is still working on \(holder.run): it renewed its "
                        + "lease \(holder.silent.short) ago", [.showRun(holder.run)])
            }
            let rest = Interval(
                milliseconds: LeaseHolder.patience.milliseconds - min(holder.silent, LeaseHolder.patience).milliseconds)
            notify(.overtaking(holder, in: rest, isFirst: before == nil))
            before = holder
            try await Task.sleep(for: max(min(rest, .milliseconds(500)), .milliseconds(20)).duration)
        }
    }
}

extension Journal {
    /// Returns the live process that is working on the run; nil if there is none.
    package func holder(of run: RunID) throws(JournalError) -> LeaseHolder? {
        try leases().first { $0.run == run && $0.isAlive }
    }
}
