package import Rollouts

/// One immutable line of a run's journal; a run's state is the result of applying its events in order.
package indirect enum RunEvent: Codable, Hashable, Sendable {
    /// Carries the stages that were already done in the run that this one was forked from.
    case runStarted(RunRecord, inherited: [StageRecord])
    case baselineObserved(Observation)
    case runResumed(by: Person, epoch: Int, note: String?)
    /// The runner stopped before the end.
    case runLeft(reason: String)
    case requestMade(Request)
    case stageSkipped(reason: String, by: Person?)
    case gateOpened(ApprovalGate)
    case approvalCounted(request: Int, by: Person)
    /// A request was received but does not count.
    case requestVoided(request: Int, reason: String)
    case gateVoided(reason: String)
    case gatePassed(reason: String)
    /// A process that does not work on the run found that the gate had timed out.
    ///
    /// The next process that works on the run carries out `on_timeout`.
    case gateExpired(reason: String)
    /// The gate was rejected or timed out.
    case gateRefused(reason: String)
    /// An attempt begins with the intent of its first step.
    case attemptStarted(Attempt)
    case changeAccepted
    /// The step was observed to be complete; carries the intent of the next step.
    case stepDone(observed: Observation, next: Intent)
    case attemptFailed(reason: String, observed: Observation)
    case retryScheduled(until: Timestamp)
    case bakeStarted(until: Timestamp, observed: Observation)
    /// An analysis begins with the evidence of earlier stages.
    case analysisStarted(AnalysisRecord, observed: Observation)
    /// The readings since the last such event, and the accumulated evidence.
    case evidenceGathered(AnalysisRecord, course: [CoursePoint])
    case stageSucceeded(observed: Observation, reason: String?, by: Person?)
    case stageFailed(reason: String)
    /// Why the run has been waiting for a while, in the backend's words.
    case waitExplained(reason: String)
    case runHeld(Hold)
    /// A person decided how a held run continues.
    case holdReleased(how: Request.Kind, by: Person, reason: String?)
    /// The drift was undone; remaining differences are accepted.
    case driftUndone(observed: Observation)
    case driftAdopted(observed: Observation)
    case planAdopted(hash: String, stages: [StageRecord], differences: [String])
    case rollBackStarted(RollBack)
    case rollBackIntended(Change, Intent)
    case rollBackChangeDone(observed: Observation)
    case runEnded(RunStatus, reason: String, observed: Observation)
}

extension RunEvent {
    /// The event's name in the journal, in listings and in `--json` output.
    package var kind: String {
        switch self {
        case .runStarted: "run.started"
        case .baselineObserved: "baseline.observed"
        case .runResumed: "run.resumed"
        case .runLeft: "run.left"
        case .requestMade: "request.made"
        case .stageSkipped: "stage.skipped"
        case .gateOpened: "gate.opened"
        case .approvalCounted: "approval.counted"
        case .requestVoided: "request.voided"
        case .gateVoided: "gate.voided"
        case .gatePassed: "gate.passed"
        case .gateExpired: "gate.expired"
        case .gateRefused: "gate.refused"
        case .attemptStarted: "attempt.started"
        case .changeAccepted: "change.accepted"
        case .stepDone: "step.done"
        case .attemptFailed: "attempt.failed"
        case .retryScheduled: "retry.scheduled"
        case .bakeStarted: "bake.started"
        case .analysisStarted: "analysis.started"
        case .evidenceGathered: "evidence.gathered"
        case .stageSucceeded: "stage.succeeded"
        case .stageFailed: "stage.failed"
        case .waitExplained: "wait.explained"
        case .runHeld: "run.held"
        case .holdReleased: "hold.released"
        case .driftUndone: "drift.undone"
        case .driftAdopted: "drift.adopted"
        case .planAdopted: "plan.adopted"
        case .rollBackStarted: "roll_back.started"
        case .rollBackIntended: "roll_back.intended"
        case .rollBackChangeDone: "roll_back.change_done"
        case .runEnded: "run.ended"
        }
    }
}
