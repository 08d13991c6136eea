internal import RolloutEngine
internal import RolloutService
internal import Rollouts

/// The events and traffic of a rehearsal, in chronological order.
struct RehearsalTimeline: Sendable {
    struct Moment: Hashable, Sendable {
        /// The time since the start.
        var at: Interval
        var stage: String?
        var kind: String
        var text: String
        var tint: Style.Tint?
    }

    struct Shares: Hashable, Sendable {
        /// The time since the start.
        var at: Interval
        var traffic: DesiredAndActual<Traffic>
        var mirror: DesiredAndActual<Traffic>
    }

    /// The time of the first event; nil before it.
    private var start: Timestamp?
    private(set) var moments: [Moment] = []
    /// One entry for every change of desired or actual traffic.
    private(set) var shares: [Shares] = []

    mutating func note(_ progress: Runner.Progress, at now: Timestamp) {
        let start = start ?? now
        self.start = start
        switch progress {
        case .committed(let events, let state):
            for event in events where event.event.isOfInterest {
                let stage = event.stage.flatMap { $0 < state.stages.count ? state.stages[$0].name : nil }
                moments.append(
                    Moment(
                        at: event.at - start, stage: stage, kind: event.event.kind, text: event.event.rehearsed(state),
                        tint: event.event.tint))
            }
            note(state, at: now - start)
        case .performing(_, let state): note(state, at: now - start)
        }
    }

    private mutating func note(_ state: RunState, at now: Interval) {
        let snapshot = state.record.latest.snapshot
        let seen = Shares(
            at: now, traffic: snapshot?.traffic ?? DesiredAndActual(.none),
            mirror: snapshot?.mirrorTraffic ?? DesiredAndActual(.none))
        if let last = shares.last, last.traffic == seen.traffic, last.mirror == seen.mirror { return }
        if shares.last?.at == seen.at { shares.removeLast() }
        shares.append(seen)
    }
}

extension RunEvent {
    fileprivate var isOfInterest: Bool {
        switch self {
        case .runStarted, .baselineObserved, .requestMade, .gateOpened, .approvalCounted, .changeAccepted: false
        case .rollBackChangeDone, .runResumed, .runLeft, .evidenceGathered: false
        default: true
        }
    }

    /// The event's sentence without absolute times, because the date of a rehearsal is fictitious.
    fileprivate func rehearsed(_ state: RunState) -> String {
        switch self {
        case .attemptStarted(let attempt):
            (attempt.number > 1 ? "attempt \(attempt.number): " : "") + (attempt.steps.first?.words ?? "begins")
        case .bakeStarted: "bakes"
        case .analysisStarted(let analysis, _): analysis.startWords
        case .retryScheduled: "will retry"
        case .stepDone:
            if case .acting(let attempt) = state.record.phase, attempt.steps.indices.contains(attempt.step) {
                attempt.steps[attempt.step].words
            } else {
                "observed"
            }
        case .stageSucceeded: "done"
        default: sentence
        }
    }
}
