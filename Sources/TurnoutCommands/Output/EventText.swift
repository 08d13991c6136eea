internal import RolloutEngine
internal import RolloutService
internal import Rollouts

extension RunEvent {
    /// What happened, in a short sentence without a full stop.
    ///
    /// Stage and kind are displayed separately.
    var sentence: String {
        switch self {
        case .runStarted(let record, let inherited): record.startSentence(inherited: inherited.count)
        case .baselineObserved(let observation): "found \(observation.words)"
        case .runResumed(let person, let epoch, let note):
            "resumed by \(person), epoch \(epoch)" + (note.map { "; \($0)" } ?? "")
        case .runLeft(let reason): "the runner left: \(reason)"
        case .requestMade(let request): request.sentence
        case .stageSkipped(let reason, let person): person == nil ? "skipped: \(reason)" : reason
        case .gateOpened(let gate):
            "waits for an approval" + (gate.deadline.map { " until \($0.zoned)" } ?? ", without a deadline")
        case .approvalCounted(let request, let person): "request \(request): the approval by \(person) counts"
        case .requestVoided(let request, let reason): "request \(request) is void: \(reason)"
        case .gateVoided(let reason): "the approval is void: \(reason)"
        case .gatePassed(let reason), .gateExpired(let reason), .gateRefused(let reason), .stageFailed(let reason):
            reason
        case .attemptStarted(let attempt):
            "attempt \(attempt.number), timeout at \(attempt.deadline.short): "
                + (attempt.steps.first?.words ?? "nothing to do")
        case .changeAccepted: "the backend accepted the change"
        case .stepDone(let observed, _): "observed: \(observed.words)"
        case .attemptFailed(let reason, _): "the attempt failed: \(reason)"
        case .waitExplained(let reason): "waiting: \(reason)"
        case .retryScheduled(let until): "retries at \(until.short)"
        case .bakeStarted(let until, _): "bakes until \(until.short)"
        case .analysisStarted(let analysis, _): analysis.startWords
        case .evidenceGathered(let analysis, _): analysis.words
        case .stageSucceeded(let observed, let reason, let person):
            "done\(person.by)" + (reason.map { ": \($0)" } ?? "") + (observed == .never ? "" : "; \(observed.words)")
        case .runHeld(let hold): "held: \(hold.reason)"
        case .holdReleased(let how, let person, let reason):
            "\(person) chose \(how)" + (reason.map { ": \($0)" } ?? "")
        case .driftUndone(let observed): "the drift is undone; \(observed.words)"
        case .driftAdopted(let observed): "the drift is accepted; \(observed.words)"
        case .planAdopted(let hash, _, let differences):
            "the edited playbook is used from now on (plan \(hash.prefix(12)))"
                + (differences.isEmpty ? "" : ": " + differences.joined(separator: "; "))
        case .rollBackStarted(let rollBack): "rolling back: \(rollBack.cause)"
        case .rollBackIntended(let change, _): "\(change)"
        case .rollBackChangeDone(let observed): "observed: \(observed.words)"
        case .runEnded(let status, let reason, let observed):
            "\(status.words): \(reason)" + (observed == .never ? "" : "; \(observed.words)")
        }
    }

    var tint: Style.Tint? {
        switch self {
        case .stageSucceeded, .gatePassed: .green
        case .stageFailed, .attemptFailed, .gateRefused: .red
        case .runHeld, .gateOpened, .gateExpired, .waitExplained, .rollBackStarted, .retryScheduled, .gateVoided,
            .requestVoided:
            .yellow
        case .stageSkipped, .baselineObserved, .changeAccepted, .stepDone, .evidenceGathered: .dim
        case .runEnded(let status, _, _): status.tint
        default: nil
        }
    }
}

extension RunRecord {
    fileprivate func startSentence(inherited: Int) -> String {
        "started by \(starter) on \(backend)/\(endpoint), plan \(planHash.prefix(12))"
            + (parent.map { ", forked from \($0.run) at \($0.stage), \(inherited) stages done there" } ?? "")
    }
}

extension Request {
    /// `request 3 by ann@host: approve cut-over: looks good`.
    fileprivate var sentence: String {
        "request \(number) by \(by): \(kind.rawValue)" + (stage.map { " \($0)" } ?? "")
            + (reason.map { ": \($0)" } ?? "")
    }
}

extension Person? {
    fileprivate var by: String { map { " by \($0)" } ?? "" }
}
