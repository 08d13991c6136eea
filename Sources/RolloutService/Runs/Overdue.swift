package import RolloutEngine
internal import Rollouts

extension RolloutService {
    /// The runs whose open gate's time has run out although the journal does not say so yet.
    package func overdueRuns() throws -> [RunID] {
        try runs { record, gate in
            guard gate.expired == nil, gate.deadline != nil else { return false }
            return gate.deadline(passedAt: try now(of: record.backend)) != nil
        }
    }

    /// The runs whose gate has expired and whose `on_timeout` no process carries out.
    package func expiredRuns() throws -> [RunID] {
        let taken = Set(try journal.leases().filter(\.isAlive).map(\.run))
        return try runs { record, gate in
            guard !taken.contains(record.id), gate.deadline != nil else { return false }
            return gate.deadline(passedAt: try now(of: record.backend)) != nil
        }
    }

    /// The runs that wait at an approval which `includes` accepts.
    ///
    /// A run whose record was altered is left out: `status` and `verify` report what is wrong with it.
    private func runs(where includes: (RunRecord, ApprovalGate) throws -> Bool) throws -> [RunID] {
        try journal.runIDs(in: .waiting).filter { run in
            let record: RunRecord
            do throws(JournalError) { record = try journal.record(of: run) } catch {
                guard error.code == .tampered else { throw error }
                return false
            }
            guard case .waiting(let gate) = record.phase else { return false }
            return try includes(record, gate)
        }
    }

    /// Writes down that the time of the run's open gate has run out, as the run's machine decides (P10).
    ///
    /// Nothing is changed but the journal. A run on which a process works is left to that process.
    /// - Returns: Whether something was written.
    @discardableResult
    package func expireGate(of run: RunID) throws -> Bool {
        let stored = try journal.load(run)
        var machine = RunMachine(
            plan: stored.snapshot.plan, state: RunState(record: stored.record, stages: stored.stages))
        let pending = try journal.pendingRequests(of: run)
        for case .commit(let commit) in machine.receive(
            .overdue(pending: pending), at: try now(of: stored.record.backend))
        {
            return try journal.note(commit, of: stored.record)
        }
        return false
    }
}
