internal import Rollouts

/// One try of one stage: intent, effect, observation, outcome.
extension RunMachine {
    mutating func acting(_ input: Input, _ attempt: Attempt, at now: Timestamp) -> [Action] {
        if let failure {
            switch input {
            case .observed(let snapshot): return fail(failure, observed: Observation(snapshot), at: now)
            case .refused: return fail(failure, observed: record.latest, at: now)
            default: return commit(then: .observe)
            }
        }
        switch attempt.steps[attempt.step] {
        case .change(let change): return changing(input, change, attempt, at: now)
        case .invoke(let invocation): return finishing(input, .invoke(invocation), attempt, at: now)
        case .run(let command):
            if case .begin = input, !command.idempotent { return holdUnknownCommand(attempt, at: now) }
            return finishing(input, .run(command), attempt, at: now)
        }
    }

    private mutating func fail(_ failure: AttemptFailure, observed: Observation, at now: Timestamp) -> [Action] {
        failAttempt(failure.reason, isRefused: failure.isRefused, observed: observed, at: now)
    }

    /// Performs the attempt's current step, whose intent was just made durable or is about to be.
    mutating func perform(_ attempt: Attempt, on snapshot: EndpointSnapshot?, at now: Timestamp) -> [Action] {
        switch attempt.steps[attempt.step] {
        case .change(let change): return decide(change, attempt, on: snapshot, at: now)
        case .invoke(let invocation): return commit(then: .invoke(invocation))
        case .run(let command): return commit(then: .run(command))
        }
    }

    private mutating func finishing(
        _ input: Input, _ effect: Effect, _ attempt: Attempt, at now: Timestamp
    ) -> [Action] {
        switch input {
        case .finished(nil): return finishStep(attempt, on: record.latest.snapshot, at: now)
        case .finished(let failure?): return failAttempt(failure, observed: .never, at: now)
        case .refused(let error) where error.code == .unavailable && now < attempt.deadline:
            // Test requests that got no answer say nothing about the model: they are sent again.
            return wait(at: now, deadline: attempt.deadline, for: error.message, because: error.message)
        case .refused(let error):
            return failAttempt(error.message, isRefused: error.code == .refused, observed: .never, at: now)
        default: return commit(then: effect)
        }
    }

    private mutating func changing(
        _ input: Input, _ change: Change, _ attempt: Attempt, at now: Timestamp
    ) -> [Action] {
        switch input {
        case .observed(let snapshot): return decide(change, attempt, on: snapshot, at: now)
        case .accepted:
            apply(.changeAccepted, at: now)
            return [.perform(.observe)]
        case .refused(let error): return refused(error, change, attempt, at: now)
        default: return commit(then: .observe)
        }
    }

    /// Decides what an observation means for the change in progress (P3 and P17).
    private mutating func decide(
        _ change: Change, _ attempt: Attempt, on snapshot: EndpointSnapshot?, at now: Timestamp
    ) -> [Action] {
        if change.isDone(in: snapshot) { return finishStep(attempt, on: snapshot, at: now) }
        if let reason = change.failure(in: snapshot), change.isRequested(of: snapshot), attempt.intent.accepted {
            return failAttempt(reason, observed: Observation(snapshot), at: now)
        }
        guard now < attempt.deadline else {
            return failAttempt(timeoutReason(change, on: snapshot), observed: Observation(snapshot), at: now)
        }
        if change.isRequested(of: snapshot), attempt.intent.accepted || change.failure(in: snapshot) == nil {
            if !attempt.intent.accepted { apply(.changeAccepted, at: now) }
            // A deployment that has lost its servers fails clients now, or will once the traffic arrives.
            if case .setTraffic = change, let reason = guardRail(snapshot) { return failStage(reason, at: now) }
            return wait(
                at: now, deadline: attempt.deadline, for: progress(of: change, on: snapshot),
                because: cause(of: change, on: snapshot))
        }
        let sinceBefore = differences(expected: attempt.intent.before, observed: snapshot)
        guard sinceBefore.isEmpty else {
            let found = sinceBefore.map { "\($0.what) was \($0.expected) and is \($0.observed)" }.joined(
                separator: ", ")
            return hold(
                .unknown(attempt),
                "cannot tell whether '\(change)' took effect: the endpoint matches neither the state before the change "
                    + "nor the intended one (\(found))", at: now)
        }
        if attempt.intent.accepted {
            unseen += 1
            guard unseen > Self.patience else {
                return wait(
                    at: now, deadline: attempt.deadline, for: "'\(change)' to take effect", because: snapshot?.trouble)
            }
            return failAttempt(
                "'\(change)' was accepted but is not in effect", observed: Observation(snapshot), at: now)
        }
        if let reason = blocker(of: change, on: snapshot) {
            return commitAndWait(at: now, deadline: attempt.deadline, for: reason)
        }
        if let violation = safetyViolation(of: change, on: snapshot) {
            guard violation.isTemporary else {
                return failAttempt(violation.message, isRefused: true, observed: Observation(snapshot), at: now)
            }
            return commitAndWait(at: now, deadline: attempt.deadline, for: violation.message)
        }
        unseen = 0
        return commit(then: .apply(change, key: attempt.intent.key, attempt: attempt.number))
    }

    private mutating func finishStep(
        _ attempt: Attempt, on snapshot: EndpointSnapshot?, at now: Timestamp
    ) -> [Action] {
        guard attempt.step + 1 < attempt.steps.count else { return bake(on: snapshot, at: now) }
        let next = Intent(
            key: key(attempt: attempt.number, step: attempt.step + 1), before: Observation(snapshot))
        apply(.stepDone(observed: Observation(snapshot), next: next), at: now)
        guard case .acting(let attempt) = record.phase else { return goOn(at: now) }
        return perform(attempt, on: snapshot, at: now)
    }

    private mutating func refused(
        _ error: BackendError, _ change: Change, _ attempt: Attempt, at now: Timestamp
    ) -> [Action] {
        let patience: Interval
        switch error.code {
        case .busy(let retryAfter): patience = max(retryAfter, .seconds(1))
        case .unavailable: patience = pollInterval
        case .refused, .fenced, .storage:
            failure = AttemptFailure(reason: "'\(change)' was refused: \(error.message)", isRefused: true)
            return [.perform(.observe)]
        }
        guard now < attempt.deadline else {
            failure = AttemptFailure(reason: "'\(change)' was not accepted before the timeout: \(error.message)")
            return [.perform(.observe)]
        }
        return wait(patience, at: now, deadline: attempt.deadline, for: error.message, because: error.message)
    }

    private mutating func commitAndWait(at now: Timestamp, deadline: Timestamp, for reason: String) -> [Action] {
        explain(reason, at: now)
        return commit(then: .wait(until: min(now + pollInterval, deadline), .time(reason)))
    }

    private mutating func holdUnknownCommand(_ attempt: Attempt, at now: Timestamp) -> [Action] {
        hold(
            .unknown(attempt),
            "cannot tell whether the program of stage \(stages[record.position].name) ran to completion: "
                + "it is run again automatically only if the playbook says `idempotent: true`", at: now)
    }

    /// Returns why a change must not be sent yet: a deployment must not be deleted while it still serves requests
    /// (P17).
    private func blocker(of change: Change, on snapshot: EndpointSnapshot?) -> String? {
        let names: [Name]
        switch change {
        case .deleteDeployment(let name): names = [name]
        case .deleteEndpoint: names = snapshot?.deployments.map(\.name) ?? []
        default: return nil
        }
        for name in names {
            // A deployment that is meant to have traffic will not become idle by waiting: the deletion is refused.
            guard let snapshot, let deployment = snapshot.deployment(name), snapshot.traffic.wanted[name] == 0 else {
                continue
            }
            if snapshot.traffic.actual[name] != 0 {
                return "the traffic of \(name) to drop from \(snapshot.traffic.actual[name]) % to 0"
            }
            if deployment.inFlight != 0 { return "\(deployment.inFlight) requests in flight to \(name) to complete" }
        }
        return nil
    }

    /// Returns the rule of Turnout that a change violates, regardless of what the backend would say.
    ///
    /// Traffic to a deployment that is not ready is refused, and so is deleting one that has traffic.
    private func safetyViolation(of change: Change, on snapshot: EndpointSnapshot?) -> Violation? {
        let rules: [any ChangeRule] = [ReadyForTrafficRule(), DeleteWithTrafficRule()]
        return rules.lazy.compactMap { $0.violation(of: change, on: snapshot, kind: snapshot?.kind ?? .managed) }.first
    }

    private func progress(of change: Change, on snapshot: EndpointSnapshot?) -> String {
        switch change {
        case .putDeployment(let definition): readiness(of: definition.name, in: snapshot)
        case .scale(let name, _): readiness(of: name, in: snapshot)
        case .setTraffic(let traffic):
            "traffic to change from \(snapshot?.traffic.actual ?? .none) to \(traffic)" + reason(of: snapshot)
        case .setMirrorTraffic(let traffic):
            "mirror traffic to change from \(snapshot?.mirrorTraffic.actual ?? .none) to \(traffic)"
                + reason(of: snapshot)
        case .putEndpoint, .deleteDeployment, .deleteEndpoint: "'\(change)' to complete" + reason(of: snapshot)
        }
    }

    /// Returns what the backend says about a change that is taking long.
    private func cause(of change: Change, on snapshot: EndpointSnapshot?) -> String? {
        switch change {
        case .putDeployment(let definition):
            snapshot?.deployment(definition.name)?.reason.map { "deployment \(definition.name): \($0)" }
        case .scale(let name, _): snapshot?.deployment(name)?.reason.map { "deployment \(name): \($0)" }
        case .putEndpoint, .setTraffic, .setMirrorTraffic, .deleteDeployment, .deleteEndpoint: snapshot?.trouble
        }
    }

    private func reason(of snapshot: EndpointSnapshot?) -> String { snapshot?.reason.map { ": \($0)" } ?? "" }

    private func readiness(of name: Name, in snapshot: EndpointSnapshot?) -> String {
        guard let deployment = snapshot?.deployment(name) else { return "deployment \(name) to appear" }
        return "deployment \(name): \(deployment.instances.ready) of \(deployment.instances.wanted) instances ready, "
            + deployment.state.rawValue + (deployment.reason.map { ", \($0)" } ?? "")
    }

    private func timeoutReason(_ change: Change, on snapshot: EndpointSnapshot?) -> String {
        let limit = stage?.timeout ?? .zero
        return "'\(change)' did not complete within \(limit); still waiting for "
            + (blocker(of: change, on: snapshot) ?? progress(of: change, on: snapshot))
    }
}
