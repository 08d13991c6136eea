internal import PlaybookSyntax
internal import RolloutEngine
internal import Rollouts

/// A person's yes or no to one stage of one run (DESIGN §4, P8 and P9).
struct GateDecision {
    var kind: Request.Kind
    /// Nil is the gate that is open, or the only one that is still ahead.
    var stage: String?
    var by: Person
    var reason: String?

    /// What is decided about: the gate as the person is shown it.
    struct Subject {
        var run: RunRecord
        var stage: StageRecord
        var approval: Approval
        /// Nil where the gate is not open yet: the decision is kept for it.
        var gate: ApprovalGate?
    }

    /// The gate that is meant, and whether this person may decide it.
    ///
    /// `isLive` says whether a process works on the run now: what is to be typed next depends on it.
    func subject(in run: StoredRun, isLive: Bool = false) throws(CommandFailure) -> Subject {
        let record = run.record
        guard !record.status.isEnded else {
            throw CommandFailure(
                .usage, "run \(record.id) has ended (\(record.status.words)): nothing is left to decide")
        }
        let index = try stageIndex(in: run)
        let name = run.stages[index].name
        guard let approval = run.snapshot.plan.stages[index].approval else {
            throw CommandFailure(.usage, "stage \(name) asks for no approval\(gates(of: run))")
        }
        guard index >= record.position, !run.stages[index].status.isDone else {
            throw CommandFailure(
                .usage, "stage \(name) is done (\(run.stages[index].status.rawValue)): it needs no decision")
        }
        if index == record.position {
            switch record.phase {
            case .starting, .ready, .waiting, .held, .ended: break
            case .acting, .baking, .analysing, .backingOff, .rollingBack:
                throw CommandFailure(
                    .usage,
                    "stage \(name) has begun (\(record.status.words)): its gate is behind it"
                        + (isLive ? ", and a process works on it; " : "; ")
                        + "next: turnout status \(record.id)")
            }
        }
        if kind == .approve { try checkPerson(approval, record, name) }
        var gate: ApprovalGate?
        if index == record.position, case .waiting(let open) = record.phase { gate = open }
        return Subject(run: record, stage: run.stages[index], approval: approval, gate: gate)
    }

    /// Refuses where the gate's time has run out: what its time-out says is then to be done.
    func checkTime(of subject: Subject, at now: Timestamp) throws(CommandFailure) {
        guard let deadline = subject.gate?.deadline, now > deadline else { return }
        throw CommandFailure(
            .usage,
            "the time to decide stage \(subject.stage.name) of \(subject.run.id) ran out at \(deadline.zoned); "
                + "`turnout resume \(subject.run.id)` does what its on_timeout says "
                + "(\(subject.approval.onTimeout.rawValue))")
    }

    func request(on subject: Subject, at now: Timestamp) -> Request {
        Request(
            kind: kind, stage: subject.stage.name, attempt: subject.gate == nil ? nil : subject.stage.attempts + 1,
            planHash: subject.run.planHash, fingerprint: subject.gate?.fingerprint, by: by,
            memberOf: LocalGroup.membership(for: subject.approval),
            at: max(now, subject.gate?.opened ?? now), reason: reason, evidence: evidence(on: subject))
    }

    /// Refuses where somebody has decided before (DESIGN §4, P8): in the journal's own transaction.
    func validate(_ kept: [KeptRequest], on subject: Subject) throws(JournalError) {
        let counting = kept.filter { counts($0, on: subject) }.map(\.request)
        if let no = counting.first(where: { $0.kind == .reject }) { throw decided(no, subject) }
        let people = Set((subject.gate?.approvals ?? []) + counting.map(\.by))
        if people.count >= subject.approval.required {
            let last =
                counting.last
                ?? kept.map(\.request).last { $0.kind == .approve && $0.stage == subject.stage.name }
            if let last { throw decided(last, subject) }
        }
        guard kind == .approve, people.contains(by) else { return }
        throw JournalError(
            .notAllowed,
            "\(by) has approved stage \(subject.stage.name) of \(subject.run.id) already; "
                + "it wants \(subject.approval.required) different people, and \(people.count) said yes")
    }

    /// Keeps the decision in the journal.
    func submit(on subject: Subject, to journal: any Journal, at now: Timestamp) throws(JournalError) -> Request {
        try journal.submit(request(on: subject, at: now), to: subject.run.id) { kept throws(JournalError) in
            try validate(kept, on: subject)
        }
    }

    /// True for a decision about the same gate that counts, or will.
    private func counts(_ kept: KeptRequest, on subject: Subject) -> Bool {
        let request = kept.request
        guard request.kind == .approve || request.kind == .reject, request.stage == subject.stage.name,
            request.planHash == subject.run.planHash
        else { return false }
        guard let gate = subject.gate else { return !kept.isUsed }
        let isOfGate = request.fingerprint == gate.fingerprint && request.at >= gate.opened
        // One that the run has used since the gate was read is not among the gate's approvals yet.
        return kept.isUsed ? isOfGate : gate.concerns(request, planHash: subject.run.planHash)
    }

    private func decided(_ request: Request, _ subject: Subject) -> JournalError {
        let word = request.kind == .approve ? "approved" : "rejected"
        return JournalError(
            .notAllowed,
            "stage \(subject.stage.name) of \(subject.run.id) was \(word) by \(request.by) at \(request.at.short)"
                + (request.reason.map { " (\($0))" } ?? "") + ": the first decision counts")
    }

    /// Refuses who may not say yes to the stage `name`: its starter where it bars them, strangers to its group.
    func checkPerson(_ approval: Approval, _ record: RunRecord, _ name: String) throws(CommandFailure) {
        let objection = approval.objection(
            to: by, memberOf: LocalGroup.membership(for: approval), starter: record.starter)
        switch objection {
        case nil, .repeated?: return
        case .starter?:
            throw CommandFailure(
                .usage, "\(by) started \(record.id), and stage \(name) bars its starter: ask somebody else")
        case .group(let group)?:
            throw CommandFailure(.usage, "stage \(name): \(LocalGroup.objection(to: by, group))")
        }
    }

    private func stageIndex(in run: StoredRun) throws(CommandFailure) -> Int {
        if let stage {
            guard let index = run.stages.firstIndex(where: { $0.name == stage }) else {
                let near = nearest(stage, among: run.stages.map(\.name)).map { "; did you mean '\($0)'?" }
                throw CommandFailure(.usage, "run \(run.record.id) has no stage '\(stage)'\(near ?? gates(of: run))")
            }
            return index
        }
        if case .waiting = run.record.phase { return run.record.position }
        let ahead = run.snapshot.plan.stages.indices.dropFirst(run.record.position).filter {
            run.snapshot.plan.stages[$0].approval != nil && run.snapshot.plan.stages[$0].skip == nil
        }
        if ahead.count == 1, let only = ahead.first { return only }
        throw CommandFailure(
            .usage, "run \(run.record.id) waits for no approval now; name one by --stage\(gates(of: run))")
    }

    private func gates(of run: StoredRun) -> String {
        let names = run.snapshot.plan.stages.filter { $0.approval != nil }.map(\.name)
        guard !names.isEmpty else { return "; none of its stages asks for one" }
        return "; approvals are asked for by \(names.joined(separator: ", "))"
    }

    private func evidence(on subject: Subject) -> String? {
        guard subject.gate != nil else { return nil }
        guard let endpoint = subject.run.latest.snapshot else { return "no endpoint" }
        return "traffic wanted \(endpoint.traffic.wanted), actual \(endpoint.traffic.actual); "
            + subject.run.latest.words
    }
}
