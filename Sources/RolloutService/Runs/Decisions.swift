internal import PlaybookSyntax
package import RolloutEngine
internal import Rollouts
internal import Support

/// A decision about one stage of a run.
package struct DecisionMade: Sendable {
    package var run: RunID
    package var request: Request
    package var stage: String
    /// Whether the stage's gate is not open yet; the decision is then kept until it opens (P9).
    package var isEarly: Bool
    /// The same person's earlier, opposite decision that this one replaces.
    package var replaced: Request?
    /// Why the decision was not recorded: the same one had been made before.
    ///
    /// Nil if it was recorded.
    package var repeated: String?
}

extension RolloutService {
    /// Records the caller's approval or rejection of a stage (P8, P9).
    ///
    /// `kind` is ``Request/Kind/approve`` or ``Request/Kind/reject``. Default for `stage`: the open gate, or the only
    /// one still ahead. With `mayRepeat`, repeating an earlier decision is not an error.
    package func decide(
        _ kind: Request.Kind, on run: RunID, stage: String? = nil, reason: String? = nil, mayRepeat: Bool = false
    ) throws -> DecisionMade {
        // Read before the run: requests used by then belong to an earlier gate, or are already counted in the open one.
        let used = Set(try journal.requests(of: run).filter(\.isUsed).map(\.request.number))
        var subject = try subject(of: kind, stage, in: try journal.load(run))
        subject.used = used
        let now = try now(of: subject.run.backend)
        if let gate = subject.gate {
            try Self.refuse(past: gate, subject.approval, stage: subject.stage.name, of: run, at: now)
        }
        let request = Request(
            kind: kind, stage: subject.stage.name, attempt: subject.gate == nil ? nil : subject.stage.attempts + 1,
            planHash: subject.run.planHash, fingerprint: subject.gate?.fingerprint, by: caller.person,
            memberOf: caller.membership(for: subject.approval),
            at: max(now, subject.gate?.opened ?? now), reason: reason, evidence: subject.evidence)
        var made = DecisionMade(
            run: run, request: request, stage: subject.stage.name, isEarly: subject.gate == nil)
        do throws(JournalError) {
            made.request = try journal.submit(request, to: run) { kept throws(JournalError) in
                try subject.validate(kind, by: caller.person, kept)
                made.replaced = subject.opposite(of: kind, by: caller.person, in: kept)
            }
        } catch {
            guard error.code == .notAllowed else { throw error }
            guard mayRepeat, try isDecided(kind, subject) else {
                throw ServiceError(.notPossible, error.message, situation: try situation(of: run))
            }
            made.repeated = error.message
        }
        return made
    }

    /// Refuses to decide a gate that has timed out: only its `on_timeout` can be carried out.
    static func refuse(
        past gate: ApprovalGate, _ approval: Approval, stage: String, of run: RunID, at now: Timestamp
    ) throws(ServiceError) {
        guard let deadline = gate.deadline(passedAt: now) else { return }
        throw ServiceError(
            .notPossible,
            "the approval of stage \(stage) of \(run) timed out at \(deadline.zoned); its on_timeout "
                + "(\(approval.onTimeout.rawValue)) takes effect when the run resumes", [.step(.resume, of: run)])
    }

    /// Whether the latest decision about the stage is of the same kind.
    private func isDecided(_ kind: Request.Kind, _ subject: DecisionSubject) throws(JournalError) -> Bool {
        let said = try journal.requests(of: subject.run.id).map(\.request).filter {
            $0.stage == subject.stage.name && ($0.kind == .approve || $0.kind == .reject)
        }
        return said.last?.kind == kind
    }

    /// Returns the gate that a decision is about.
    ///
    /// - Throws: ``ServiceError/Code/notPossible`` if there is no gate to decide, or the caller may not decide it.
    func subject(
        of kind: Request.Kind, _ stage: String?, in run: StoredRun
    ) throws -> DecisionSubject {
        let record = run.record
        guard !record.status.isEnded else {
            throw ServiceError(
                .notPossible, "run \(record.id) has ended (\(record.status.words)): there is nothing to decide")
        }
        let index = try stageIndex(stage, in: run)
        let name = run.stages[index].name
        guard let approval = run.snapshot.plan.stages[index].approval else {
            throw ServiceError(.notPossible, "stage \(name) requires no approval\(Self.gates(of: run))")
        }
        guard index >= record.position, !run.stages[index].status.isDone else {
            throw ServiceError(
                .notPossible, "stage \(name) is already done (\(run.stages[index].status.rawValue))")
        }
        if index == record.position {
            switch record.phase {
            case .starting, .ready, .waiting, .held, .ended: break
            case .acting, .baking, .analysing, .backingOff, .rollingBack:
                let isLive = try journal.holder(of: record.id) != nil
                throw ServiceError(
                    .notPossible,
                    "stage \(name) has passed its gate and is under way (\(record.status.words)"
                        + (isLive ? ", with a process working on it)" : ")"), [.showRun(record.id)])
            }
        }
        if kind == .approve { try requireApprover(approval, record, name) }
        var gate: ApprovalGate?
        if index == record.position, case .waiting(let open) = record.phase { gate = open }
        return DecisionSubject(run: record, stage: run.stages[index], approval: approval, gate: gate)
    }

    /// Refuses a caller who may not approve stage `name`: the run's starter if the stage bars them, or a person outside
    /// the required group.
    func requireApprover(_ approval: Approval, _ record: RunRecord, _ name: String) throws(ServiceError) {
        let objection = approval.objection(
            to: caller.person, memberOf: caller.membership(for: approval), starter: record.starter)
        switch objection {
        case nil, .repeated?: return
        case .starter?:
            throw ServiceError(
                .notPossible,
                "\(caller.person) started \(record.id), and stage \(name) must be approved by another person")
        case .group(let group)?:
            throw ServiceError(.notPossible, "stage \(name): \(caller.objection(to: group))")
        }
    }

    private func stageIndex(_ stage: String?, in run: StoredRun) throws(ServiceError) -> Int {
        if let stage {
            guard let index = run.stages.firstIndex(where: { $0.name == stage }) else {
                let near = didYouMean(stage, among: run.stages.map(\.name)).map { "; \($0)" }
                throw ServiceError(
                    .notPossible, "run \(run.record.id) has no stage '\(stage)'\(near ?? Self.gates(of: run))")
            }
            return index
        }
        if case .waiting = run.record.phase { return run.record.position }
        let ahead = run.snapshot.plan.stages.indices.dropFirst(run.record.position).filter {
            run.snapshot.plan.stages[$0].approval != nil && run.snapshot.plan.stages[$0].skip == nil
        }
        if ahead.count == 1, let only = ahead.first { return only }
        throw ServiceError(
            .notPossible, "run \(run.record.id) is not waiting for an approval; name a stage\(Self.gates(of: run))")
    }

    private static func gates(of run: StoredRun) -> String {
        let names = run.snapshot.plan.stages.filter { $0.approval != nil }.map(\.name)
        guard !names.isEmpty else { return "; none of its stages requires one" }
        return "; stages with an approval: \(names.joined(separator: ", "))"
    }
}

/// The gate that a decision is about, as it was shown to the person.
struct DecisionSubject {
    var run: RunRecord
    var stage: StageRecord
    var approval: Approval
    /// Nil if the gate is not open yet.
    var gate: ApprovalGate?
    /// The numbers of the requests that the run had used before it was read.
    var used: Set<Int> = []

    /// Refuses a decision about a gate that has been decided (P8).
    ///
    /// Call it in the journal's transaction.
    func validate(_ kind: Request.Kind, by person: Person, _ kept: [StoredRequest]) throws(JournalError) {
        let opposite = opposite(of: kind, by: person, in: kept)
        let counting = counting(kept).filter { $0.number != opposite?.number }
        if let no = counting.first(where: { $0.kind == .reject }) { throw decided(no) }
        let people = Set((gate?.approvals ?? []) + counting.map(\.by))
        if people.count >= approval.required {
            let last = counting.last ?? kept.map(\.request).last { $0.kind == .approve && $0.stage == stage.name }
            if let last { throw decided(last) }
        }
        guard kind == .approve, people.contains(person) else { return }
        throw JournalError(
            .notAllowed,
            "\(person) has already approved stage \(stage.name) of \(run.id); "
                + "it requires \(approval.required) different people, and \(people.count) approved so far")
    }

    /// Returns the person's earlier, opposite decision ahead of the gate, which a decision of `kind` replaces.
    func opposite(of kind: Request.Kind, by person: Person, in kept: [StoredRequest]) -> Request? {
        guard gate == nil else { return nil }
        return counting(kept).last { $0.by == person && $0.kind != kind }
    }

    private func counting(_ kept: [StoredRequest]) -> [Request] {
        let waiting = kept.filter { !$0.isUsed }.map(\.request)
        return kept.filter { counts($0) && waiting.replacement(of: $0.request) == nil }.map(\.request)
    }

    /// Whether `kept` is a decision about the same gate that counts now or will count.
    private func counts(_ kept: StoredRequest) -> Bool {
        let request = kept.request
        guard request.kind == .approve || request.kind == .reject, request.stage == stage.name,
            request.planHash == run.planHash
        else { return false }
        guard let gate else { return !kept.isUsed }
        // A request that the run has used since the gate was read is not among the gate's approvals yet. Its time
        // cannot distinguish it from a request of an earlier gate, which may have opened in the same millisecond.
        let isOfGate = request.fingerprint == gate.fingerprint && !used.contains(request.number)
        return kept.isUsed ? isOfGate : gate.concerns(request, planHash: run.planHash)
    }

    private func decided(_ request: Request) -> JournalError {
        let word = request.kind == .approve ? "approved" : "rejected"
        return JournalError(
            .notAllowed,
            "stage \(stage.name) of \(run.id) was \(word) by \(request.by) at \(request.at.short)"
                + (request.reason.map { " (\($0))" } ?? "") + "; the first decision counts")
    }

    var evidence: String? {
        guard gate != nil else { return nil }
        guard let endpoint = run.latest.snapshot else { return "no endpoint" }
        return "traffic desired \(endpoint.traffic.wanted), actual \(endpoint.traffic.actual); " + run.latest.words
    }
}
