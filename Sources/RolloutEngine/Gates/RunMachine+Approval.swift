internal import RolloutStatistics
internal import Rollouts

/// Approvals, which are requested before a stage acts (P8 and P9).
extension RunMachine {
    mutating func waiting(_ input: Input, _ gate: ApprovalGate, at now: Timestamp) -> [Action] {
        guard let stage, let approval = stage.approval else { return goOn(at: now) }
        let hasQuorum = gate.approvals.count >= approval.required
        guard usesEndpoint else {
            return judge(gate, approval, hasQuorum: hasQuorum, on: nil, at: now)
        }
        switch input {
        case .observed(let snapshot):
            if let reason = guardRail(snapshot) {
                apply(.gateRefused(reason: reason), at: now)
                return failStage(reason, at: now)
            }
            if let drift = drift(in: snapshot, at: now) { return drift }
            lookedAt = now
            if evidenceHolds(on: snapshot) { return [.perform(.measure)] }
            return judge(gate, approval, hasQuorum: hasQuorum, on: snapshot, at: now)
        case .measured(let news):
            gather(news, at: now)
            if let verdict = news.verdict, verdict.decision == .fail {
                let reason = verdict.reason(for: news)
                apply(.gateRefused(reason: reason), at: now)
                return failStage(reason, at: now)
            }
            return judge(gate, approval, hasQuorum: hasQuorum, on: record.latest.snapshot, at: now)
        case .refused(let error):
            return waitToObserve(after: error, at: now)
        default:
            guard !isObservationDue(at: now), !hasQuorum, evidenceHolds(on: record.latest.snapshot) else {
                return commit(then: .observe)
            }
            return [.perform(.measure)]
        }
    }

    private mutating func judge(
        _ gate: ApprovalGate, _ approval: Approval, hasQuorum: Bool, on snapshot: EndpointSnapshot?, at now: Timestamp
    ) -> [Action] {
        guard let stage else { return goOn(at: now) }
        if hasQuorum {
            let people = gate.approvals.map(\.description).joined(separator: ", ")
            apply(.gatePassed(reason: "approved by \(people)"), at: now)
            return beginAttempt(of: stage, on: snapshot, at: now)
        }
        if gate.isOver(at: now) {
            return timeOut(approval, stage, on: snapshot, at: now)
        }
        return waitForPeople(at: now, until: gate.deadline)
    }

    private mutating func timeOut(
        _ approval: Approval, _ stage: Stage, on snapshot: EndpointSnapshot?, at now: Timestamp
    ) -> [Action] {
        let reason = "no decision within \(approval.timeout ?? .zero)"
        switch approval.onTimeout {
        case .goOn:
            apply(.gatePassed(reason: "\(reason), and on_timeout is go_on"), at: now)
            return beginAttempt(of: stage, on: snapshot, at: now)
        case .hold:
            apply(.gateRefused(reason: reason), at: now)
            return hold(.timedOut, "stage \(stage.name): \(reason)", at: now)
        case .rollBack:
            apply(.gateRefused(reason: reason), at: now)
            return failStage(reason, at: now, policy: .rollBack)
        case .stop:
            apply(.gateRefused(reason: reason), at: now)
            return failStage(reason, at: now, policy: .stop)
        }
    }

    /// Records, once, that the open gate has timed out, unless it was decided in time (P10).
    ///
    /// Nothing else happens here: `on_timeout` may change the endpoint, and is carried out by a process that works on
    /// the run.
    mutating func expire(with requests: [Request], at now: Timestamp) -> [Action] {
        guard case .waiting(let gate) = record.phase, gate.expired == nil,
            let deadline = gate.deadline(passedAt: now), let stage, let approval = stage.approval
        else { return stop() }
        let inTime = requests.filter {
            gate.takes($0) && gate.concerns($0, planHash: record.planHash) && requests.replacement(of: $0) == nil
        }
        let isRejected = inTime.contains { $0.kind == .reject && $0.stage == stage.name }
        let counted = gate.counting(inTime, for: stage.name, as: approval, in: record)
        guard !isRejected, counted.approvals.count < approval.required else { return stop() }
        apply(
            .gateExpired(
                reason: "the approval of stage \(stage.name) timed out at \(deadline.zoned); on_timeout is "
                    + approval.onTimeout.rawValue), at: now)
        return stop()
    }

    mutating func waitForPeople(at now: Timestamp, until deadline: Timestamp?) -> [Action] {
        let isGuarded = evidenceHolds(on: record.latest.snapshot)
        let watch = usesEndpoint ? now + (isGuarded ? Self.readingInterval : watchInterval) : .distantFuture
        let until = max(min(watch, deadline ?? .distantFuture), now)
        let wait = Effect.wait(until: until, .people("an approval of stage \(stages[record.position].name)"))
        return canKeepGathering(at: now, for: .seconds(60)) ? [.perform(wait)] : commit(then: wait)
    }

    /// Applies a decision about the open gate.
    mutating func decide(_ request: Request, _ gate: ApprovalGate, at now: Timestamp) -> [Action] {
        guard let stage, let approval = stage.approval, request.stage == stage.name else { return [] }
        guard gate.takes(request) else { return [] }
        if let objection = objection(to: request, gate, approval) {
            use(request)
            apply(.requestVoided(request: request.number, reason: objection), at: now)
            return commit(then: .wait(until: now, .time("the decision to be discarded")))
        }
        use(request)
        if request.kind == .reject {
            let reason = "rejected by \(request.by)" + (request.reason.map { ": \($0)" } ?? "")
            apply(.gateRefused(reason: reason), at: now)
            return failStage(reason, at: now, policy: stage.onFailure == .hold ? .hold : .rollBack)
        }
        apply(.approvalCounted(request: request.number, by: request.by), at: now)
        return usesEndpoint ? commit(then: .observe) : commit(then: .wait(until: now, .time("the approval to count")))
    }

    /// Discards a decision that a person made ahead of the gate and later reversed.
    mutating func replace(_ request: Request, by later: Request, at now: Timestamp) -> [Action] {
        guard case .waiting = record.phase, let stage, request.stage == stage.name else { return [] }
        use(request)
        apply(
            .requestVoided(request: request.number, reason: "replaced by request \(later.number) of \(later.by)"),
            at: now)
        return commit(then: .wait(until: now, .time("the decision to be discarded")))
    }

    /// Returns why the decision does not count, or `nil` if it does.
    private func objection(to request: Request, _ gate: ApprovalGate, _ approval: Approval) -> String? {
        guard gate.concerns(request, planHash: record.planHash) else {
            guard request.planHash == record.planHash else { return "the playbook was edited after the decision" }
            return request.fingerprint == nil
                ? "the drifted endpoint was adopted after the decision"
                : "the decision was made about a different state of the endpoint"
        }
        guard request.kind == .approve else { return nil }
        let objection = approval.objection(
            to: request.by, memberOf: request.memberOf, starter: record.starter, given: gate.approvals)
        return switch objection {
        case nil: nil
        case .starter: "\(request.by) started the run and cannot approve it"
        case .group(let group): "\(request.by) is not known to be a member of group \(group)"
        case .repeated: "\(request.by) has already approved"
        }
    }
}
