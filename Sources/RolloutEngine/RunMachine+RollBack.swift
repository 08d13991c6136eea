internal import Rollouts

/// The restoration of an earlier observed state: durable, resumable and verified (P18).
extension RunMachine {
    mutating func rollBack(_ cause: String, ending: RunStatus, at now: Timestamp) -> [Action] {
        failure = nil
        guard usesEndpoint else {
            return end(ending, cause + "; no traffic was changed", observed: .never, at: now)
        }
        return startRollBack(cause, .end(ending), at: now)
    }

    mutating func undoDrift(at now: Timestamp) -> [Action] {
        startRollBack("undoing the drift of the endpoint", .undoDrift, at: now)
    }

    private mutating func startRollBack(_ cause: String, _ purpose: RollBack.Purpose, at now: Timestamp) -> [Action] {
        let rollBack = RollBack(cause: cause, purpose: purpose, deadline: now + Self.rollBackTimeout)
        apply(.rollBackStarted(rollBack), at: now)
        return commit(then: .observe)
    }

    /// Keeps a held run held, unless its drift has disappeared.
    mutating func held(_ input: Input, _ hold: Hold, at now: Timestamp) -> [Action] {
        guard case .drift = hold.cause else { return stop() }
        switch input {
        case .begin: return commit(then: .observe)
        case .observed(let snapshot) where differences(expected: record.expected, observed: snapshot).isEmpty:
            apply(.driftUndone(observed: Observation(snapshot)), at: now)
            return commit(then: .wait(until: now, .time("the next stage")))
        default: return stop()
        }
    }

    mutating func rollingBack(_ input: Input, _ rollBack: RollBack, at now: Timestamp) -> [Action] {
        switch input {
        case .observed(let snapshot): return decide(rollBack, on: snapshot, at: now)
        case .accepted:
            apply(.changeAccepted, at: now)
            return [.perform(.observe)]
        case .refused(let error): return refused(error, rollBack, at: now)
        default: return commit(then: .observe)
        }
    }

    private mutating func decide(
        _ rollBack: RollBack, on snapshot: EndpointSnapshot?, at now: Timestamp
    ) -> [Action] {
        if let change = rollBack.change {
            if change.isDone(in: snapshot) {
                apply(.rollBackChangeDone(observed: Observation(snapshot)), at: now)
            } else if change.isRequested(of: snapshot), change.failure(in: snapshot) == nil {
                return wait(rollBack, for: "'\(change)' to complete", because: snapshot?.trouble, at: now)
            } else if rollBack.intent?.accepted == true, let reason = change.failure(in: snapshot) {
                return giveUp(rollBack, reason, at: now)
            } else if rollBack.intent?.accepted == true, unseen < Self.patience {
                unseen += 1
                return wait(rollBack, for: "'\(change)' to take effect", because: snapshot?.trouble, at: now)
            }
        }
        let target = rollBack.purpose == .undoDrift ? record.expected : record.baseline
        let everything = rollBack.purpose == .undoDrift
        switch restorationStep(from: snapshot, to: target.snapshot, everything: everything) {
        case .done: return finish(rollBack, on: snapshot, at: now)
        case .wait(let reason):
            return wait(rollBack, for: reason, because: snapshot?.trouble.map { "\(reason): \($0)" }, at: now)
        case .change(let change):
            guard now < rollBack.deadline else {
                return giveUp(rollBack, "'\(change)' did not complete within \(Self.rollBackTimeout)", at: now)
            }
            let key = "\(record.id)/roll-back/\(rollBack.deadline.milliseconds)/\(rollBack.changes + 1)"
            unseen = 0
            // A change that was accepted and then undone is sent again as a new change with its own key.
            if case .rollingBack(let present) = record.phase, present.change == change, let intent = present.intent,
                !intent.accepted
            {
                return commit(then: .apply(change, key: intent.key, attempt: present.changes))
            }
            apply(.rollBackIntended(change, Intent(key: key, before: Observation(snapshot))), at: now)
            return commit(then: .apply(change, key: key, attempt: rollBack.changes + 1))
        }
    }

    private mutating func wait(
        _ rollBack: RollBack, for reason: String, because cause: String?, at now: Timestamp
    ) -> [Action] {
        guard now < rollBack.deadline else {
            return giveUp(
                rollBack, "still waiting for \(cause ?? reason) after \(Self.rollBackTimeout)", at: now)
        }
        explain(cause, at: now)
        return commit(then: .wait(until: min(now + pollInterval, rollBack.deadline), .time(reason)))
    }

    private mutating func refused(_ error: BackendError, _ rollBack: RollBack, at now: Timestamp) -> [Action] {
        switch error.code {
        case .busy, .unavailable: wait(rollBack, for: error.message, because: error.message, at: now)
        case .refused, .fenced, .storage: giveUp(rollBack, error.message, at: now)
        }
    }

    private mutating func giveUp(_ rollBack: RollBack, _ reason: String, at now: Timestamp) -> [Action] {
        hold(.rollBackFailed(rollBack), "\(rollBack.cause); the endpoint could not be restored: \(reason)", at: now)
    }

    private mutating func finish(
        _ rollBack: RollBack, on snapshot: EndpointSnapshot?, at now: Timestamp
    ) -> [Action] {
        switch rollBack.purpose {
        case .undoDrift:
            apply(.driftUndone(observed: Observation(snapshot)), at: now)
            return commit(then: .wait(until: now, .time("the next stage")))
        case .end(let status):
            let traffic = snapshot?.traffic.actual ?? .none
            let how = rollBack.changes == 0 ? "traffic is the same as at the start" : "traffic was restored"
            return end(
                status, "\(rollBack.cause); \(how): \(traffic), as observed", observed: Observation(snapshot), at: now)
        }
    }
}
