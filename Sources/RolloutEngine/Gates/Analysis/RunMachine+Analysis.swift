internal import RolloutStatistics
internal import Rollouts

/// Analyses: live evidence, not a timer, decides whether a stage is left (P8 and P11).
extension RunMachine {
    /// Starts observing request outcomes once the stage's action is complete.
    ///
    /// Evidence that an earlier stage gathered about the same version is kept.
    mutating func startAnalysis(
        _ specification: AnalysisSpecification, on snapshot: EndpointSnapshot?, at now: Timestamp
    ) -> [Action] {
        guard let arms = AnalysisArms(on: snapshot, since: earlierTraffic) else {
            return failStage("there is nothing to analyse: this run has not given traffic to any deployment", at: now)
        }
        let earlier = record.analysis.flatMap { $0.arms.isSameVersion(as: arms) ? $0 : nil }
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
        default: return isObservationDue(at: now) ? [.perform(.observe)] : [.perform(.measure)]
        }
    }

    /// Fails the stage, waits for the next reading, or observes the endpoint once more before the stage is left.
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

    /// Leaves the stage once the verdict is final and the endpoint has been observed after it.
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
        return canKeepGathering(at: now, for: Self.readingsCommitInterval) ? [.perform(wait)] : commit(then: wait)
    }

    /// Records the result of a reading; readings since the last commit are merged into one event.
    mutating func gather(_ analysis: AnalysisRecord, at now: Timestamp) {
        let point = analysis.verdict.map { CoursePoint($0, at: now) }
        apply(.evidenceGathered(analysis, course: removeUncommittedReadings() + (point.map { [$0] } ?? [])), at: now)
    }

    func isObservationDue(at now: Timestamp) -> Bool {
        guard let lookedAt else { return true }
        return now - lookedAt >= watchInterval || now < lookedAt
    }

    /// The live traffic before this run gave any deployment more: that of its last `define`, or else of the start.
    private var earlierTraffic: Traffic {
        for index in plan.stages.indices.prefix(record.position).reversed() where stages[index].status == .succeeded {
            if let defined = plan.stages[index].action.definedTraffic { return defined }
        }
        return record.baseline.snapshot?.traffic.wanted ?? .none
    }

    // MARK: While people are asked

    /// Whether the evidence of an earlier stage still applies to the endpoint as it is now.
    func evidenceHolds(on snapshot: EndpointSnapshot?) -> Bool {
        record.analysis?.arms.hold(on: snapshot, since: earlierTraffic) ?? false
    }
}
