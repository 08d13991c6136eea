internal import RolloutEngine
internal import Rollouts

/// An event in a line of `--json`.
struct EventReport: Encodable, Sendable {
    var at: Timestamp
    var run: RunID
    var stage: String?
    var event: RunEvent

    private enum Key: String, CodingKey {
        case at, run, stage, event, message, attempt, change, key, by, reason, until, status, traffic
        case mirrorTraffic = "mirror_traffic"
        case request, how, differences, analysis, course
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(JSONTime(at), forKey: .at)
        try container.encode(run, forKey: .run)
        try container.encode(stage, forKey: .stage)
        try container.encode(event.kind, forKey: .event)
        try container.encode(event.sentence, forKey: .message)
        try encodeDetails(in: &container)
        guard let endpoint = event.observation?.snapshot else { return }
        try container.encode(endpoint.traffic, forKey: .traffic)
        try container.encode(endpoint.mirrorTraffic, forKey: .mirrorTraffic)
    }

    private func encodeDetails(in container: inout KeyedEncodingContainer<Key>) throws {
        switch event {
        case .runStarted(let record, _): try container.encode("\(record.starter)", forKey: .by)
        case .runResumed(let person, _, _): try container.encode("\(person)", forKey: .by)
        case .runLeft(let reason), .gateVoided(let reason), .gatePassed(let reason), .gateExpired(let reason),
            .gateRefused(let reason), .stageFailed(let reason), .waitExplained(let reason),
            .attemptFailed(let reason, _):
            try container.encode(reason, forKey: .reason)
        case .requestMade(let request):
            try container.encode(request.kind.rawValue, forKey: .request)
            try container.encode("\(request.by)", forKey: .by)
            try container.encodeIfPresent(request.reason, forKey: .reason)
        case .stageSkipped(let reason, let person):
            try container.encode(reason, forKey: .reason)
            try container.encodeIfPresent(person?.description, forKey: .by)
        case .stageSucceeded(_, let reason, let person):
            try container.encodeIfPresent(reason, forKey: .reason)
            try container.encodeIfPresent(person?.description, forKey: .by)
        case .gateOpened(let gate): try container.encode(gate.deadline.map(JSONTime.init), forKey: .until)
        case .approvalCounted(_, let person): try container.encode("\(person)", forKey: .by)
        case .requestVoided(_, let reason): try container.encode(reason, forKey: .reason)
        case .attemptStarted(let attempt):
            try container.encode(attempt.number, forKey: .attempt)
            try container.encode(JSONTime(attempt.deadline), forKey: .until)
            try container.encode(attempt.intent.key, forKey: .key)
            try container.encodeIfPresent(attempt.steps.first?.change, forKey: .change)
        case .stepDone(_, let next): try container.encode(next.key, forKey: .key)
        case .retryScheduled(let until), .bakeStarted(let until, _):
            try container.encode(JSONTime(until), forKey: .until)
        case .analysisStarted(let analysis, _): try encode(analysis, course: nil, in: &container)
        case .evidenceGathered(let analysis, let course): try encode(analysis, course: course, in: &container)
        case .runHeld(let hold): try container.encode(hold.reason, forKey: .reason)
        case .holdReleased(let how, let person, let reason):
            try container.encode(how, forKey: .how)
            try container.encode("\(person)", forKey: .by)
            try container.encodeIfPresent(reason, forKey: .reason)
        case .planAdopted(_, _, let differences): try container.encode(differences, forKey: .differences)
        case .rollBackStarted(let rollBack): try container.encode(rollBack.cause, forKey: .reason)
        case .rollBackIntended(let change, let intent):
            try container.encode("\(change)", forKey: .change)
            try container.encode(intent.key, forKey: .key)
        case .runEnded(let status, let reason, _):
            try container.encode(status, forKey: .status)
            try container.encode(reason, forKey: .reason)
        case .baselineObserved, .changeAccepted, .driftUndone, .driftAdopted, .rollBackChangeDone: break
        }
    }
}

extension EventReport {
    private func encode(
        _ analysis: AnalysisRecord, course: [CoursePoint]?, in container: inout KeyedEncodingContainer<Key>
    ) throws {
        try container.encode(AnalysisReport(analysis), forKey: .analysis)
        guard let course else { return }
        try container.encode(course.map(AnalysisReport.Point.init), forKey: .course)
    }
}

extension RunEvent {
    /// The observation that the event records; nil if it has none.
    var observation: Observation? {
        switch self {
        case .baselineObserved(let seen), .stepDone(let seen, _), .attemptFailed(_, let seen),
            .bakeStarted(_, let seen), .analysisStarted(_, let seen), .stageSucceeded(let seen, _, _),
            .driftUndone(let seen),
            .driftAdopted(let seen), .rollBackChangeDone(let seen), .runEnded(_, _, let seen):
            seen
        default: nil
        }
    }
}

extension Step {
    /// The change that the step applies, as text; nil if it applies none.
    fileprivate var change: String? {
        guard case .change(let change) = self else { return nil }
        return "\(change)"
    }
}
