package import Rollouts

/// An operation that a person is offered in the run's present state; it works as offered (P21).
package enum NextStep: Hashable, Sendable {
    /// Follow the process that works on the run.
    case follow
    /// Continue the run where it stopped.
    case resume
    /// Replace a process that is alive but silent.
    case takeOver
    case approve
    case reject
    /// Roll back and end the run.
    case abort
    /// Retry the stage or the rollback.
    case retry
    /// Continue without the stage.
    case skip
    /// Count the stage as done.
    case succeed
    /// Restore a drifted endpoint to what the run left.
    case restore
    /// Accept a drifted endpoint, or the one that a failed rollback left, as it is.
    case adopt
    /// Start a new run from where this one failed, or from a given stage.
    case fork(from: String?)
    /// Start a new run likewise, with the present contents of the files.
    case forkEdited(from: String?)

    /// The operation's name in machine-readable output, such as `fork`.
    package var operation: String {
        switch self {
        case .follow: "follow"
        case .resume: "resume"
        case .takeOver: "take_over"
        case .fork, .forkEdited: "fork"
        case .approve, .reject, .abort, .retry, .skip, .succeed, .restore, .adopt: request?.rawValue ?? ""
        }
    }

    /// The request that the step makes of the run, or `nil` if it only needs a process to work on it.
    package var request: Request.Kind? {
        switch self {
        case .approve: .approve
        case .reject: .reject
        case .abort: .abort
        case .retry: .retry
        case .skip: .skip
        case .succeed: .succeed
        case .restore: .restore
        case .adopt: .adopt
        case .follow, .resume, .takeOver, .fork, .forkEdited: nil
        }
    }
}

/// Whether a process works on a run that has not ended.
package enum RunnerState: String, Codable, Hashable, Sendable {
    case working
    /// The process is alive, but has been silent for so long that another may take over.
    case silent
    /// The process has stopped, as it does at a gate or after a signal.
    case stopped
    /// The process died without releasing its lease.
    case dead
}

/// A run's situation as seen by one person: everything that its next steps depend on.
package struct RunSituation: Sendable {
    /// The record, including the approvals that are kept for the open gate.
    package var record: RunRecord
    package var stages: [StageRecord]
    /// The approval that the current or next stage requires.
    package var approval: Approval?
    package var decided: PendingDecisions
    package var runner: RunnerState
    /// The person who looks, or `nil` if it makes no difference.
    package var person: Person?
    /// See ``Request/memberOf``; relates to ``approval``.
    package var memberOf: String?
    /// The present time by the run's clock; earlier deadlines have passed.
    package var now: Timestamp
    /// False if a later run has worked on the endpoint.
    package var isNewest: Bool
    /// Whether the stage must not be skipped because no later stage would turn off its mirror.
    package var endsMirror: Bool
    /// The stage that a fork starts from by default, or `nil` if the run has not ended.
    package var forkStage: String?
    /// The fork that uses the present contents of the files, or `nil` if they were not edited or no fork can use them.
    package var editedFork: NextStep?
    /// The differences found between the endpoint and what the run left; empty if the endpoint was not observed.
    package var drift: [Difference] = []
    /// The current or next stage and the one after it; `nil` if the plan is not available.
    package var current: Stage?
    package var upcoming: Stage?

    package init(
        record: RunRecord, stages: [StageRecord], approval: Approval? = nil, decided: PendingDecisions = .none,
        runner: RunnerState = .stopped, person: Person? = nil, memberOf: String? = nil,
        now: Timestamp = Timestamp(milliseconds: 0), isNewest: Bool = true, endsMirror: Bool = false,
        editedFork: NextStep? = nil
    ) {
        self.record = record
        self.stages = stages
        self.approval = approval
        self.decided = decided
        self.runner = runner
        self.person = person
        self.memberOf = memberOf
        self.now = now
        self.isNewest = isNewest
        self.endsMirror = endsMirror
        self.editedFork = editedFork
    }

    /// Creates the situation of a run of `plan` with its requests; `isMember` says whether `person` is in a group.
    package init(
        of state: RunState, _ plan: Plan, _ kept: [StoredRequest], runner: RunnerState, person: Person?,
        isMember: (String) -> Bool, now: Timestamp, isNewest: Bool
    ) {
        let position = state.record.position
        let approval = plan.stages.indices.contains(position) ? plan.stages[position].approval : nil
        self.init(
            record: state.record, stages: state.stages, approval: approval, runner: runner, person: person,
            memberOf: approval?.group.flatMap { isMember($0) ? $0 : nil }, now: now, isNewest: isNewest,
            endsMirror: plan.endsMirror(position, of: state.record))
        let ahead = plan.stages.dropFirst(position).filter { $0.skip == nil }
        (current, upcoming) = (ahead.first, ahead.dropFirst().first)
        guard !record.status.isEnded else { return }
        if let approval, case .waiting(let gate) = record.phase, let stage {
            let waiting = kept.filter { !$0.isUsed }.map(\.request)
            record.phase = .waiting(gate.counting(waiting, for: stage, as: approval, in: record))
        }
        decided = PendingDecisions(kept, of: record, stages: stages, approval: approval)
    }

    /// Whether no process works on the run, although it neither waits for a person nor has ended.
    package var isInterrupted: Bool { record.status == .running && (runner == .stopped || runner == .dead) }

    /// The name of the current or next stage.
    package var stage: String? { stages.indices.contains(record.position) ? stages[record.position].name : nil }

    /// When the open gate timed out, or `nil` if it has not.
    package var overdue: Timestamp? {
        guard case .waiting(let gate) = record.phase else { return nil }
        return gate.deadline(passedAt: now)
    }

    /// Why the person must not approve the stage, or `nil` if they may.
    package var objection: ApprovalObjection? {
        guard let person, let approval else { return nil }
        var given: [Person] = []
        if case .waiting(let gate) = record.phase { given = gate.approvals }
        return approval.objection(to: person, memberOf: memberOf, starter: record.starter, given: given)
    }

    /// The person's possible next steps, the most likely first; empty if there are none.
    package var nextSteps: [NextStep] {
        guard !record.status.isEnded else { return stepsAfterEnd }
        let proceed: NextStep =
            switch runner {
            case .working: .follow
            case .silent: .takeOver
            case .stopped, .dead: .resume
            }
        if decided.allowsContinuing {
            return [proceed] + (decided.requests.contains { $0.kind == .abort } ? [] : [.abort])
        }
        switch record.phase {
        case .held(let hold):
            return Self.order(of: hold.cause).filter { $0.request.map(hold.accepts) == true && isAllowed($0) } + [
                .abort
            ]
        // A decision about an endpoint that has since changed would be discarded.
        case .waiting where overdue == nil && drift.isEmpty:
            return (runner == .silent ? [.takeOver] : []) + (objection == nil ? [.approve] : []) + [.reject, .abort]
        case .rollingBack(let rollBack):
            if case .end = rollBack.purpose { return [proceed] }
            return [proceed, .abort]
        default: return [proceed, .abort]
        }
    }

    private var stepsAfterEnd: [NextStep] {
        guard isNewest else { return [] }
        switch record.status {
        case .failed, .rolledBack, .aborted:
            return [.fork(from: nil)] + (editedFork.map { [$0] } ?? []) + (record.canRollBack ? [.abort] : [])
        case .endedEarly:
            return [.fork(from: stages.first { $0.status == .skipped }?.name)] + (record.canRollBack ? [.abort] : [])
        case .running, .waiting, .held, .succeeded: return []
        }
    }

    private static func order(of cause: Hold.Cause) -> [NextStep] {
        switch cause {
        case .drift: [.restore, .adopt]
        case .unknown: [.succeed, .retry, .skip]
        case .adopted: [.retry, .succeed, .skip]
        case .failed, .timedOut, .inconclusive: [.retry, .skip, .succeed]
        case .rollBackFailed: [.retry, .adopt]
        }
    }

    /// Whether the step is permitted: who must not pass the stage's gate must not bypass it, and no mirror may stay on
    /// for good.
    private func isAllowed(_ step: NextStep) -> Bool {
        guard step == .skip || step == .succeed else { return true }
        return (objection == nil || objection == .repeated) && !endsMirror
    }
}

extension Plan {
    /// Whether skipping the stage at `index` would leave the mirror on for good, because no later stage turns it off.
    package func endsMirror(_ index: Int, of record: RunRecord) -> Bool {
        let mirror = record.latest.snapshot?.mirrorTraffic.wanted ?? .none
        guard stages.indices.contains(index), stages[index].action.endsMirroring(to: mirror) else { return false }
        return !stages.dropFirst(index + 1).contains { $0.action.endsMirroring(to: mirror) }
    }
}

extension StageAction {
    /// Whether the stage turns `mirror` off.
    fileprivate func endsMirroring(to mirror: Traffic) -> Bool {
        guard !mirror.isEmpty else { return false }
        if deletesEndpoint || mirrorTraffic?.isEmpty == true { return true }
        return mirror.deployments.contains { liveTraffic?[$0] ?? 0 > 0 }
    }
}

extension Journal {
    /// Returns whether a process works on the run.
    package func runnerState(of run: RunID) throws(JournalError) -> RunnerState {
        guard let holder = try leases().first(where: { $0.run == run }) else { return .stopped }
        guard holder.isAlive else { return .dead }
        return holder.silent > LeaseHolder.patience ? .silent : .working
    }

    /// Returns whether no later run has worked on the run's endpoint.
    package func isNewest(_ record: RunRecord) throws(JournalError) -> Bool {
        try runs().first { $0.leaseKey == record.leaseKey }.map { $0.id == record.id } ?? true
    }
}

extension RunRecord {
    /// Whether an ended run has left traffic other than it was at the start, so that it can still be rolled back.
    package var canRollBack: Bool {
        guard baseline != .never, status == .endedEarly || status == .failed else { return false }
        return latest.snapshot?.traffic.wanted != baseline.snapshot?.traffic.wanted
    }
}
