internal import Rollouts

/// People's requests to a run; a request that does not fit the present phase is kept for later (P9).
extension RunMachine {
    mutating func receive(_ request: Request, at now: Timestamp) -> [Action] {
        switch request.kind {
        case .approve, .reject:
            guard case .waiting(let gate) = record.phase else { return [] }
            return decide(request, gate, at: now)
        case .abort: return abort(request, at: now)
        case .skip, .succeed: return settle(request, at: now)
        case .retry, .restore, .adopt: return release(request, at: now)
        }
    }

    private mutating func abort(_ request: Request, at now: Timestamp) -> [Action] {
        if record.status.isEnded, !record.canRollBack { return [] }
        if case .rollingBack(let rollBack) = record.phase, case .end = rollBack.purpose { return [] }
        use(request)
        let cause = "aborted by \(request.by)" + (request.reason.map { ": \($0)" } ?? "")
        return rollBack(cause, ending: .aborted, at: now)
    }

    /// Skips the stage's action, or counts it as done (P12).
    private mutating func settle(_ request: Request, at now: Timestamp) -> [Action] {
        guard let stage, request.stage == nil || request.stage == stage.name else { return [] }
        switch record.phase {
        case .ready, .baking, .analysing, .backingOff: break
        case .waiting(let gate):
            guard gate.takes(request) else { return [] }
        case .held(let hold):
            guard hold.accepts(request.kind) else { return [] }
            apply(.holdReleased(how: request.kind, by: request.by, reason: request.reason), at: now)
        case .starting, .acting, .rollingBack, .ended: return []
        }
        use(request)
        let reason =
            (request.kind == .skip ? "skipped" : "counted as done") + " by \(request.by)"
            + (request.reason.map { ": \($0)" } ?? "")
        if request.kind == .skip {
            apply(.stageSkipped(reason: reason, by: request.by), at: now)
        } else {
            apply(.stageSucceeded(observed: .never, reason: reason, by: request.by), at: now)
        }
        return commit(then: .wait(until: now, .time("the next stage")))
    }

    /// Continues a held run as requested.
    private mutating func release(_ request: Request, at now: Timestamp) -> [Action] {
        guard case .held(let hold) = record.phase, hold.accepts(request.kind) else { return [] }
        use(request)
        apply(.holdReleased(how: request.kind, by: request.by, reason: request.reason), at: now)
        switch (hold.cause, request.kind) {
        case (.drift, .restore): return undoDrift(at: now)
        case (.drift, .adopt): return adoptDrift(at: now)
        case (.rollBackFailed(let rollBack), .retry): return startAgain(rollBack, at: now)
        case (.rollBackFailed(let rollBack), .adopt):
            guard rollBack.purpose == .undoDrift else {
                return end(
                    .failed, "\(rollBack.cause); the endpoint was left as it is by \(request.by)", observed: .never,
                    at: now)
            }
            apply(.driftAdopted(observed: record.latest), at: now)
        default: break
        }
        return commit(then: .wait(until: now, .time("the next stage")))
    }

    /// Accepts the endpoint as it is, without changing anything (P19).
    ///
    /// What to do with the stage is a separate decision. A stage that has a gate and has not begun requests that
    /// decision anyway.
    private mutating func adoptDrift(at now: Timestamp) -> [Action] {
        apply(.driftAdopted(observed: record.latest), at: now)
        if let stage, stage.approval != nil, stages[record.position].attempts == 0 {
            return commit(then: .wait(until: now, .time("the next stage")))
        }
        let traffic = record.latest.snapshot.map { ", with traffic \($0.traffic.wanted)" } ?? ""
        let name = stage.map { "stage \($0.name)" } ?? "the run"
        return hold(.adopted, "the endpoint was adopted as it is\(traffic); decide what to do with \(name)", at: now)
    }

    private mutating func startAgain(_ rollBack: RollBack, at now: Timestamp) -> [Action] {
        switch rollBack.purpose {
        case .undoDrift: undoDrift(at: now)
        case .end(let status): self.rollBack(rollBack.cause, ending: status, at: now)
        }
    }
}
