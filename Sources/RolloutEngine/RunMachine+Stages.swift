internal import Rollouts

/// The transitions from one stage to the next.
extension RunMachine {
    mutating func starting(_ input: Input, at now: Timestamp) -> [Action] {
        switch input {
        case .observed(let snapshot): apply(.baselineObserved(Observation(snapshot)), at: now)
        case .refused(let error):
            return waitToObserve(after: error, at: now)
        default:
            guard !stages.contains(where: { $0.action.touchesEndpoint }) else { return commit(then: .observe) }
            apply(.baselineObserved(.never), at: now)
        }
        return goOn(at: now)
    }

    mutating func ready(_ input: Input, at now: Timestamp) -> [Action] {
        switch input {
        case .observed(let snapshot) where stage == nil: finish(on: snapshot, at: now)
        case .observed(let snapshot): begin(on: snapshot, at: now)
        case .refused(let error):
            waitToObserve(after: error, at: now)
        default: goOn(at: now)
        }
    }

    /// Handles everything that needs no effect, until an effect is due or enough has accumulated to commit.
    mutating func goOn(at now: Timestamp) -> [Action] {
        var finished = 0
        while let stage {
            if let reason = stage.skip {
                apply(.stageSkipped(reason: reason, by: nil), at: now)
            } else if stage.isInstant {
                apply(.stageSucceeded(observed: .never, reason: nil, by: nil), at: now)
            } else {
                return stage.needsObservation(in: record) ? commit(then: .observe) : begin(on: nil, at: now)
            }
            finished += 1
            guard finished < Self.stagesPerCommit else {
                return commit(then: .wait(until: now, .time("the next stage")))
            }
        }
        // The traffic that a stage of this run left was observed at the time; the result of manual work was not.
        guard usesEndpoint, let last = plan.lastTraffic, record.expected.snapshot?.traffic != DesiredAndActual(last)
        else {
            return end(.succeeded, "all stages are done", observed: .never, at: now)
        }
        return commit(then: .observe)
    }

    /// Ends the run according to what is observed; `succeeded` requires the last traffic that the playbook asks for
    /// (P22).
    private mutating func finish(on snapshot: EndpointSnapshot?, at now: Timestamp) -> [Action] {
        let actual = snapshot?.traffic.actual ?? .none
        guard let last = plan.lastTraffic, actual != last else {
            return end(.succeeded, "all stages are done", observed: Observation(snapshot), at: now)
        }
        let skipped = zip(plan.stages, stages).filter { $0.skip == nil && $1.status == .skipped }.map(\.1.name)
        let because = skipped.isEmpty ? "" : "; skipped stages: \(skipped.joined(separator: ", "))"
        return end(
            .endedEarly, "traffic is \(actual), but the playbook ends with \(last)\(because)",
            observed: Observation(snapshot), at: now)
    }

    /// Opens the stage's gate, or begins its first attempt, if the endpoint is as expected.
    mutating func begin(on snapshot: EndpointSnapshot?, at now: Timestamp) -> [Action] {
        guard let stage else { return goOn(at: now) }
        if stage.needsObservation(in: record), let drift = drift(in: snapshot, at: now) { return drift }
        guard let approval = stage.approval else { return beginAttempt(of: stage, on: snapshot, at: now) }
        let deadline = approval.timeout.map { now + $0 }
        let fingerprint = gateObservation(snapshot).fingerprint
        let gate = ApprovalGate(
            opened: now, deadline: deadline, fingerprint: fingerprint, since: record.adopted)
        apply(.gateOpened(gate), at: now)
        return waitForPeople(at: now, until: deadline)
    }

    /// Holds the run if `snapshot` differs from what this run left (P19).
    mutating func drift(in snapshot: EndpointSnapshot?, at now: Timestamp) -> [Action]? {
        guard record.expected != .never else {
            if usesEndpoint { apply(.driftAdopted(observed: Observation(snapshot)), at: now) }
            return nil
        }
        let found = differences(expected: record.expected, observed: snapshot)
        guard !found.isEmpty else { return nil }
        if case .waiting = record.phase {
            apply(.gateVoided(reason: "the endpoint has changed since the approval was requested"), at: now)
        }
        return hold(
            .drift(found),
            "the endpoint differs from what this run left: " + found.map(\.description).joined(separator: "; "),
            at: now)
    }

    mutating func beginAttempt(of stage: Stage, on snapshot: EndpointSnapshot?, at now: Timestamp) -> [Action] {
        let steps = stage.action.steps(on: snapshot)
        guard !steps.isEmpty else { return bake(on: snapshot, at: now) }
        let number = stages[record.position].attempts + 1
        let before: Observation = stage.action.touchesEndpoint ? Observation(snapshot) : .never
        let intent = Intent(key: key(attempt: number, step: 0), before: before)
        let attempt = Attempt(number: number, deadline: now + stage.timeout, steps: steps, intent: intent)
        apply(.attemptStarted(attempt), at: now)
        return perform(attempt, on: snapshot, at: now)
    }

    func key(attempt: Int, step: Int) -> String {
        "\(record.id)/\(stages[record.position].name)/\(attempt)/\(step)"
    }

    mutating func succeed(_ observed: Observation, reason: String? = nil, at now: Timestamp) -> [Action] {
        apply(.stageSucceeded(observed: observed, reason: reason, by: nil), at: now)
        // The stage's end is committed on its own, so that it is durable before it is reported.
        return commit(then: .wait(until: now, .time("the next stage")))
    }

    mutating func backingOff(_ input: Input, until: Timestamp, at now: Timestamp) -> [Action] {
        guard let stage else { return goOn(at: now) }
        guard now >= until else {
            return commit(then: .wait(until: until, .time("the next attempt of \(stage.name)")))
        }
        switch input {
        case .observed(let snapshot):
            if let drift = drift(in: snapshot, at: now) { return drift }
            return beginAttempt(of: stage, on: snapshot, at: now)
        case .refused(let error):
            return waitToObserve(after: error, at: now)
        default:
            return stage.action.touchesEndpoint
                ? commit(then: .observe) : beginAttempt(of: stage, on: nil, at: now)
        }
    }

    /// Records a failed attempt, and retries or fails the stage.
    ///
    /// A permanent refusal is not retried.
    mutating func failAttempt(
        _ reason: String, isRefused: Bool = false, observed: Observation, at now: Timestamp
    ) -> [Action] {
        guard let stage else { return goOn(at: now) }
        failure = nil
        apply(.attemptFailed(reason: reason, observed: observed), at: now)
        let attempts = stages[record.position].attempts - record.forgivenAttempts
        guard !isRefused, attempts < stage.retry.attempts else { return failStage(reason, at: now) }
        let until = now + stage.retry.wait(after: attempts)
        apply(.retryScheduled(until: until), at: now)
        return commit(then: .wait(until: until, .time("attempt \(attempts + 1) of \(stage.name): \(reason)")))
    }

    /// Fails the stage and applies its failure policy.
    mutating func failStage(_ reason: String, at now: Timestamp, policy: FailurePolicy? = nil) -> [Action] {
        guard let stage else { return goOn(at: now) }
        apply(.stageFailed(reason: reason), at: now)
        let cause = "stage \(stage.name) failed: \(reason)"
        switch policy ?? stage.onFailure {
        case .rollBack: return rollBack(cause, ending: .rolledBack, at: now)
        case .hold: return hold(.failed, cause, at: now)
        case .stop: return end(.failed, cause, observed: .never, at: now)
        }
    }

    /// Returns why the endpoint must not stay as it is: a deployment to which this run gave traffic cannot serve it.
    func guardRail(_ snapshot: EndpointSnapshot?) -> String? {
        guard let snapshot else { return nil }
        let before = record.baseline.snapshot
        for deployment in snapshot.deployments {
            let name = deployment.name
            let live = snapshot.traffic.wanted[name] > before?.traffic.wanted[name] ?? 0
            let mirrored = snapshot.mirrorTraffic.wanted[name] > before?.mirrorTraffic.wanted[name] ?? 0
            guard live || mirrored, deployment.failure != nil || deployment.instances.ready == 0 else { continue }
            return "deployment \(name) has \(live ? "live" : "mirrored") traffic and "
                + "\(deployment.instances.ready) of \(deployment.instances.wanted) instances ready"
                + (deployment.reason.map { ": \($0)" } ?? "")
        }
        // Clients fail if a deployment with live traffic was deleted, regardless of who deleted it.
        let gone = snapshot.traffic.wanted.deployments.first { name in
            snapshot.deployment(name) == nil && snapshot.traffic.wanted[name] > before?.traffic.wanted[name] ?? 0
                && record.expected.snapshot?.traffic.wanted[name] ?? 0 > 0
        }
        return gone.map { "deployment \($0) has live traffic but does not exist" }
    }

    var usesEndpoint: Bool { record.baseline != .never }

    /// What a gate shows: nothing if the run has no endpoint.
    func gateObservation(_ snapshot: EndpointSnapshot?) -> Observation {
        usesEndpoint ? Observation(snapshot) : .never
    }
}

extension Stage {
    /// Whether the stage has no gate, effect or wait.
    fileprivate var isInstant: Bool {
        action.kind == .wait && approval == nil && bakeTime == .zero
    }

    /// Whether the endpoint must be observed before the stage begins.
    fileprivate func needsObservation(in record: RunRecord) -> Bool {
        action.touchesEndpoint || approval != nil && record.baseline != .never
    }
}
