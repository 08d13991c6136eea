package import Rollouts

/// An operation that is offered to one person in a run's present state; it works as offered (P21).
package enum NextStep: Hashable, Sendable {
    /// Watch the process that works on the run.
    case follow
    /// Go on where the run was left.
    case resume
    /// Go on in the place of a process that is alive and silent.
    case takeOver
    case approve
    case reject
    /// Roll back and end the run.
    case abort
    /// Try the stage, or the way back, again.
    case retry
    /// Go on without the stage.
    case skip
    /// Count the stage as done.
    case succeed
    /// Bring a drifted endpoint back to what the run left.
    case restore
    /// Take a drifted endpoint, or the one that a failed way back has left, as it is.
    case adopt
    /// Start a run from where this one failed, or from a stage.
    case fork(from: String?)
    /// The same with the files as they are now.
    case forkEdited(from: String?)

    /// The operation's name to programs: `fork`.
    package var operation: String {
        switch self {
        case .follow: "follow"
        case .resume: "resume"
        case .takeOver: "take_over"
        case .fork, .forkEdited: "fork"
        case .approve, .reject, .abort, .retry, .skip, .succeed, .restore, .adopt: request?.rawValue ?? ""
        }
    }

    /// What the step asks of the run; nil where it asks for nothing but work on it.
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
    /// The process is alive, and has not written for so long that another may take its place.
    case silent
    /// The process has left, as it does at a gate or after a signal.
    case stopped
    /// The process died without leaving.
    case dead
}

/// Where a run stands for one person at one moment: all that its next steps depend on.
package struct RunSituation: Sendable {
    /// With the approvals that are kept for the open gate.
    package var record: RunRecord
    package var stages: [StageRecord]
    /// What the stage under way, or next, asks of people.
    package var approval: Approval?
    package var decided: KeptDecisions
    package var runner: RunnerState
    /// Who looks; nil where that makes no difference.
    package var person: Person?
    /// As in ``Request/memberOf``, of ``approval``.
    package var memberOf: String?
    /// The time of the run's world; deadlines before it are over.
    package var now: Timestamp
    /// False where a later run has worked on the endpoint.
    package var isNewest: Bool
    /// Whether the stage may not be skipped, since no later one would turn its mirror off.
    package var endsMirror: Bool
    /// The stage that a fork begins with unless another one is named; nil of a run that has not ended.
    package var forkStage: String?
    /// The fork that uses the files as they are now; nil where they were not edited, or no fork can use them.
    package var editedFork: NextStep?
    /// How the endpoint was found to differ from what the run left; empty where it was not looked at.
    package var drift: [Difference] = []
    /// The stage that is under way or next, and the one after it; nil where the plan is not at hand.
    package var current: Stage?
    package var upcoming: Stage?

    package init(
        record: RunRecord, stages: [StageRecord], approval: Approval? = nil, decided: KeptDecisions = .none,
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

    /// The situation of a run of `plan`, with the requests that it has; `isMember` says whether `person` is in a group.
    package init(
        of state: RunState, _ plan: Plan, _ kept: [KeptRequest], runner: RunnerState, person: Person?,
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
        decided = KeptDecisions(kept, of: record, stages: stages, approval: approval)
    }

    /// True where a process has left a run that neither waits for a person nor has ended.
    package var isInterrupted: Bool { record.status == .running && (runner == .stopped || runner == .dead) }

    /// The name of the stage that is under way or next.
    package var stage: String? { stages.indices.contains(record.position) ? stages[record.position].name : nil }

    /// When the open gate's time ran out; nil while there is time.
    package var overdue: Timestamp? {
        guard case .waiting(let gate) = record.phase else { return nil }
        return gate.deadline(passedAt: now)
    }

    /// Why the person may not approve the stage; nil where they may.
    package var objection: ApprovalObjection? {
        guard let person, let approval else { return nil }
        var given: [Person] = []
        if case .waiting(let gate) = record.phase { given = gate.approvals }
        return approval.objection(to: person, memberOf: memberOf, starter: record.starter, given: given)
    }

    /// What the person can do next, the likeliest first; empty when nothing is left to do.
    package var nextSteps: [NextStep] {
        guard !record.status.isEnded else { return stepsAfterEnd }
        let proceed: NextStep =
            switch runner {
            case .working: .follow
            case .silent: .takeOver
            case .stopped, .dead: .resume
            }
        if decided.letsGoOn {
            return [proceed] + (decided.requests.contains { $0.kind == .abort } ? [] : [.abort])
        }
        switch record.phase {
        case .held(let hold):
            return Self.order(of: hold.cause).filter { $0.request.map(hold.accepts) == true && isAllowed($0) } + [
                .abort
            ]
        // A decision on another endpoint than the one that is there would be set aside.
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

    /// Who may not pass the stage's gate may not go round it either, and no mirror is left on for good.
    private func isAllowed(_ step: NextStep) -> Bool {
        guard step == .skip || step == .succeed else { return true }
        return (objection == nil || objection == .repeated) && !endsMirror
    }
}

extension Plan {
    /// Whether the stage at `index` turns off a mirror that is on, and no later one does: skipped, it would leave the
    /// mirror on for good.
    package func endsMirror(_ index: Int, of record: RunRecord) -> Bool {
        let mirror = record.latest.snapshot?.mirrorTraffic.wanted ?? .none
        guard stages.indices.contains(index), stages[index].action.endsMirroring(to: mirror) else { return false }
        return !stages.dropFirst(index + 1).contains { $0.action.endsMirroring(to: mirror) }
    }
}

extension StageAction {
    /// True where the stage leaves `mirror` off.
    fileprivate func endsMirroring(to mirror: Traffic) -> Bool {
        guard !mirror.isEmpty else { return false }
        if deletesEndpoint || mirrorTraffic?.isEmpty == true { return true }
        return mirror.deployments.contains { liveTraffic?[$0] ?? 0 > 0 }
    }
}

extension Journal {
    /// Whether a process works on the run.
    package func runnerState(of run: RunID) throws(JournalError) -> RunnerState {
        guard let holder = try leases().first(where: { $0.run == run }) else { return .stopped }
        guard holder.isAlive else { return .dead }
        return holder.silent > LeaseHolder.patience ? .silent : .working
    }

    /// Whether no later run has worked on the run's endpoint.
    package func isNewest(_ record: RunRecord) throws(JournalError) -> Bool {
        try runs().first { $0.leaseKey == record.leaseKey }.map { $0.id == record.id } ?? true
    }
}

extension RunRecord {
    /// Whether a run that has ended has left the endpoint otherwise than it was at the start, so that it can still be
    /// rolled back.
    package var canRollBack: Bool {
        guard baseline != .never, status == .endedEarly || status == .failed else { return false }
        return latest.snapshot?.traffic.wanted != baseline.snapshot?.traffic.wanted
    }
}
