package import RolloutEngine
internal import Rollouts

extension RolloutService {
    /// Returns the runs with a gate that has timed out without a record of it.
    package func runsWithExpiredGates() throws -> [RunID] {
        try runsPastDeadline { _, gate in gate.expired == nil }
    }

    /// Returns the runs with a gate that has timed out and no process that carries out its `on_timeout`.
    package func expiredRuns() throws -> [RunID] {
        let taken = Set(try journal.leases().filter(\.isAlive).map(\.run))
        return try runsPastDeadline { run, _ in !taken.contains(run) }
    }

    /// Returns the runs that are waiting at a gate that has timed out, and that `includes` accepts.
    ///
    /// A run with a record that was tampered with is left out; `turnout status` and `turnout events --verify` report
    /// it.
    private func runsPastDeadline(where includes: (RunID, ApprovalGate) -> Bool) throws -> [RunID] {
        try journal.runIDs(in: .waiting).filter { run in
            let record: RunRecord
            do throws(JournalError) { record = try journal.record(of: run) } catch {
                guard error.code == .tampered else { throw error }
                return false
            }
            // Only a gate with a deadline is worth opening the state of a simulation for its time.
            guard case .waiting(let gate) = record.phase, gate.deadline != nil, includes(run, gate) else {
                return false
            }
            return gate.deadline(passedAt: try now(of: record.backend)) != nil
        }
    }

    /// Records that the open gate of a run has timed out, as the run's machine decides (P10).
    ///
    /// Changes only the journal. A run that a process is working on is left to that process.
    ///
    /// - Returns: Whether anything was written.
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
