internal import Rollouts

/// Bakes: a stage whose action is complete is watched for a fixed time before the run goes on.
extension RunMachine {
    /// Starts the analysis or the bake once the action is complete, or ends the stage.
    mutating func bake(on snapshot: EndpointSnapshot?, at now: Timestamp) -> [Action] {
        guard let stage else { return goOn(at: now) }
        if let specification = stage.analysis, usesEndpoint {
            return startAnalysis(specification, on: snapshot, at: now)
        }
        let length = stage.bakeTime
        let observed: Observation = stage.action.touchesEndpoint ? Observation(snapshot) : .never
        guard length > .zero else { return succeed(observed, at: now) }
        let until = now + length
        apply(.bakeStarted(until: until, observed: observed), at: now)
        return commit(
            then: .wait(until: min(until, now + watchInterval(of: stage)), .time("the bake to end at \(until)")))
    }

    mutating func baking(_ input: Input, until: Timestamp, at now: Timestamp) -> [Action] {
        guard let stage else { return goOn(at: now) }
        let rest = Effect.wait(
            until: max(min(until, now + watchInterval(of: stage)), now), .time("the bake to end at \(until)"))
        guard usesEndpoint else {
            return now < until ? commit(then: rest) : succeed(.never, at: now)
        }
        switch input {
        case .observed(let snapshot):
            if let reason = guardRail(snapshot) { return failStage(reason, at: now) }
            if let drift = drift(in: snapshot, at: now) { return drift }
            guard now >= until else { return commit(then: rest) }
            let reason = stage.analysisSkip.map { "baked for \(stage.bakeTime) without an analysis: \($0)" }
            return succeed(Observation(snapshot), reason: reason, at: now)
        // If the endpoint cannot be observed at the end of the bake, the stage neither passes nor fails: the run waits.
        case .refused(let error) where now < until + stage.timeout:
            return waitToObserve(after: error, until: until + stage.timeout, at: now)
        case .refused(let error): return failStage("the endpoint cannot be observed: \(error.message)", at: now)
        default: return commit(then: .observe)
        }
    }

    func watchInterval(of stage: Stage) -> Interval { usesEndpoint ? watchInterval : .distantFuture }
}

extension Stage {
    /// How long the stage lasts after its action is complete.
    var bakeTime: Interval { action.content.rest + bake }
}
