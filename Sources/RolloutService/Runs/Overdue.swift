package import RolloutEngine
internal import Rollouts

extension RolloutService {
    /// The runs whose open gate's time has run out without that being written down; empty of a journal that has none.
    ///
    /// A run whose record cannot be read is left out: a look at it, or at its chain, says what is wrong.
    package func overdueRuns() throws -> [RunID] {
        try journal.runIDs(in: .waiting).filter { run in
            let record: RunRecord
            do throws(JournalError) { record = try journal.record(of: run) } catch {
                guard error.code == .tampered else { throw error }
                return false
            }
            guard case .waiting(let gate) = record.phase, gate.expired == nil, gate.deadline != nil else {
                return false
            }
            return gate.deadline(passedAt: try now(of: record.backend)) != nil
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
