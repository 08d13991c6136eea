internal import RolloutStatistics
internal import Rollouts

/// Analyses: live evidence, not a timer, decides whether a stage is left (P8 and P11).
extension RunMachine {
    /// The stage's action is done: looks at what becomes of requests from now on.
    ///
    /// Evidence about the same version that an earlier stage has gathered is gone on with.
    mutating func startAnalysis(
        _ specification: AnalysisSpecification, on snapshot: EndpointSnapshot?, at now: Timestamp
    ) -> [Action] {
        guard let arms = AnalysisArms(on: snapshot, since: servedBefore) else {
            return failStage("this run has given traffic to no deployment that could be analysed", at: now)
        }
        let earlier = record.analysis.flatMap { $0.arms.isOfSameVersion(as: arms) ? $0 : nil }
        let analysis = AnalysisRecord(
            of: specification, arms, stage: record.position, alarmShares: plan.alarmShares, after: earlier, at: now)
        lookedAt = now
        apply(.analysisStarted(analysis, observed: Observation(snapshot)), at: now)
        return commit(then: .measure)
    }

    mutating func analysing(_ input: Input, at now: Timestamp) -> [Action] {
        guard let stage, let specification = stage.analysis, let analysis = record.analysis else {
            return goOn(at: now)
        }
        switch input {
        case .observed(let snapshot):
            lookedAt = now
            if let reason = guardRail(snapshot) { return failStage(reason, at: now) }
            if let drift = drift(in: snapshot, at: now) { return drift }
            guard let verdict = analysis.verdict, verdict.decision == .pass || verdict.isOver else {
                return [.perform(.measure)]
            }
            return leave(stage, specification, verdict, on: snapshot, at: now)
        case .measured(let news):
            gather(news, at: now)
            return judge(news, of: specification, at: now)
        case .refused(let error):
            let deadline = analysis.began + Interval(seconds: specification.longest) + stage.timeout
            guard now < deadline else {
                return failStage("the endpoint cannot be observed: \(error.message)", at: now)
            }
            return waitToObserve(after: error, until: deadline, at: now)
        default: return isLookDue(at: now) ? [.perform(.observe)] : [.perform(.measure)]
        }
    }

    /// Goes on, waits for the next reading, or looks once more at the endpoint before the stage is left.
    private mutating func judge(
        _ analysis: AnalysisRecord, of specification: AnalysisSpecification, at now: Timestamp
    ) -> [Action] {
        guard let verdict = analysis.verdict else { return nextReading(at: now) }
        switch verdict.decision {
        case .fail: return failStage(verdict.reason(for: analysis), at: now)
        case .pass: return commit(then: .observe)
        case .inconclusive where verdict.isOver: return commit(then: .observe)
        case .inconclusive: return nextReading(at: now)
        }
    }

    /// The verdict has come, and the endpoint was seen after it.
    private mutating func leave(
        _ stage: Stage, _ specification: AnalysisSpecification, _ verdict: Verdict, on snapshot: EndpointSnapshot?,
        at now: Timestamp
    ) -> [Action] {
        guard let analysis = record.analysis else { return goOn(at: now) }
        let reason = verdict.reason(for: analysis)
        if verdict.decision == .pass { return succeed(Observation(snapshot), reason: reason, at: now) }
        switch specification.onInconclusive {
        case .goOn: return succeed(Observation(snapshot), reason: "\(reason); on_inconclusive is go_on", at: now)
        case .rollBack: return failStage(reason, at: now, policy: .rollBack)
        case .hold: return hold(.inconclusive, "stage \(stage.name): \(reason)", at: now)
        }
    }

    private mutating func nextReading(at now: Timestamp) -> [Action] {
        let wait = Effect.wait(until: now + Self.readingInterval, .time("the next reading"))
        return mayGather(at: now, for: Self.readingsCommitInterval) ? [.perform(wait)] : commit(then: wait)
    }

    /// Keeps what a reading came to; readings since the last commit become one event.
    mutating func gather(_ analysis: AnalysisRecord, at now: Timestamp) {
        let point = analysis.verdict.map { CoursePoint($0, at: now) }
        apply(.evidenceGathered(analysis, course: takeBackReadings() + (point.map { [$0] } ?? [])), at: now)
    }

    func isLookDue(at now: Timestamp) -> Bool {
        guard let lookedAt else { return true }
        return now - lookedAt >= watchInterval || now < lookedAt
    }

    /// Whom clients had before this run gave traffic to anybody new: as its last `define` says, else as it was at the start.
    private var servedBefore: Traffic {
        for index in plan.stages.indices.prefix(record.position).reversed() where stages[index].status == .succeeded {
            if let defined = plan.stages[index].action.definedTraffic { return defined }
        }
        return record.baseline.snapshot?.traffic.wanted ?? .none
    }

    // MARK: While people are asked

    /// True while the evidence that an earlier stage gathered is still about what the endpoint does.
    func evidenceHolds(on snapshot: EndpointSnapshot?) -> Bool {
        record.analysis?.arms.hold(on: snapshot, since: servedBefore) ?? false
    }
}
