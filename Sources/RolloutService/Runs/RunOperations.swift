package import RolloutEngine
internal import Rollouts
internal import Support

/// How to resume a run.
package struct ResumeOptions: Sendable {
    /// Takes over from a live process that has been silent for 30 s.
    package var takeOver = false
    /// Uses the edited playbook from now on, or accepts the drift of a run that is held for drift.
    package var adopts = false
    /// For a run held for drift: restores the endpoint to the state in which the run left it.
    package var restores = false
    package var reason: String?

    package init() {}
}

/// The result of an operation on a run.
package enum RunOutcome: Sendable {
    /// This process worked on the run, or the run had already ended.
    case end(RunEnd)
    /// Another process is working on the run, and will carry out the request.
    case handedOver(LeaseHolder)
    /// The request is recorded, and no process is working on the run.
    case kept
}

extension RolloutService {
    /// Resumes a run.
    ///
    /// If the run has ended, only returns how it ended.
    package func resume(_ run: RunID, _ options: ResumeOptions, _ work: WorkOptions) async throws -> RunEnd {
        let record = try journal.record(of: run)
        guard !record.status.isEnded else { return try end(of: run) }
        do {
            return try await withLease(on: record.leaseKey, for: run, takeOver: options.takeOver) { lease in
                let stored = try journal.load(run)
                let edited = EditedFiles(stored, in: workspace)
                let adoption = options.adopts ? try adoption(of: edited, stored) : nil
                tell(edited, of: stored, isAdopted: adoption != nil)
                try submit(options, about: stored.record, isAdopting: adoption != nil)
                return try await takeUp(stored, under: &lease, takeOver: options.takeOver, work) { machine, now in
                    guard let adoption else { return }
                    machine.adopt(
                        adoption.snapshot, stages: adoption.stages, differences: adoption.differences, at: now)
                }
            }
        } catch var error as ServiceError {
            // Recomputed without this process as the runner, and with the endpoint as observed now.
            if error.situation != nil { error.situation = try await view(of: run).situation }
            throw error
        }
    }

    /// Returns the adoption of edited files by a run, now or at the stage with index `stop`; nil if nothing was edited.
    func adoption(of edited: EditedFiles, _ stored: StoredRun, at stop: Int = 0) throws(ServiceError) -> Adoption? {
        guard !edited.names.isEmpty else { return nil }
        let new = try editedPlan(stored.snapshot, playbook: edited.playbook, for: stored.record.id)
        guard new.hash != stored.snapshot.hash else { return nil }
        return try Adoption(
            new, of: stored.snapshot.plan, at: RunState(record: stored.record, stages: stored.stages), stop: stop)
    }

    /// Submits the options' decision about a held run.
    private func submit(_ options: ResumeOptions, about record: RunRecord, isAdopting: Bool) throws {
        guard options.adopts || options.restores else { return }
        var kind: Request.Kind = options.adopts ? .adopt : .restore
        // A person who fixes the playbook of a failed stage wants the stage retried with the fix.
        if isAdopting, case .held(let hold) = record.phase, !hold.accepts(kind), hold.accepts(.retry) { kind = .retry }
        guard case .held(let hold) = record.phase, hold.accepts(kind) else {
            if options.restores {
                throw ServiceError(
                    .notPossible, "run \(record.id) is not held for drift: there is nothing to restore",
                    situation: try situation(of: record.id))
            }
            if !isAdopting { note("note: nothing to adopt: neither the playbook nor the endpoint has changed") }
            return
        }
        try submit(kind, to: record, reason: options.reason)
    }

    /// Rolls a run back and ends it.
    ///
    /// If another process is working on the run, that process carries it out.
    package func abort(_ run: RunID, reason: String? = nil, _ work: WorkOptions) async throws -> RunOutcome {
        let record = try journal.record(of: run)
        if record.canRollBack {
            guard try journal.isNewest(record) else {
                throw ServiceError(
                    .notPossible,
                    "run \(run) has ended, and a later run has changed its endpoint; rolling back would undo that",
                    [.setTraffic(endpoint: record.endpoint, on: record.backend)])
            }
        } else if record.status.isEnded {
            guard record.status == .aborted else {
                throw ServiceError(
                    .notPossible, "run \(run) has ended (\(record.status.words)): there is nothing to abort")
            }
            return .end(try end(of: run))
        }
        // A second abort before the first was carried out adds nothing.
        if try !journal.pendingRequests(of: run).contains(where: { $0.kind == .abort }) {
            try submit(.abort, to: record, reason: reason)
        }
        if let holder = try journal.holder(of: run) { return .handedOver(holder) }
        return .end(try await takeUp(run, reason: "to abort it", work))
    }

    /// Retries the stage of a held run.
    package func retry(_ run: RunID, reason: String? = nil, _ work: WorkOptions) async throws -> RunEnd {
        let record = try journal.record(of: run)
        guard case .held(let hold) = record.phase, hold.accepts(.retry) else {
            throw ServiceError(
                .notPossible, "run \(run) is \(record.status.words), so it has no stage to retry",
                situation: try situation(of: run))
        }
        try submit(.retry, to: record, reason: reason)
        return try await takeUp(run, work)
    }

    /// Skips a stage of a run or, with `isDone`, counts it as done by hand.
    ///
    /// Default for `stage`: the one that is under way or next. If `work` is nil, the run is not resumed.
    package func skip(
        _ run: RunID, stage: String? = nil, isDone: Bool, reason: String, _ work: WorkOptions?
    ) async throws -> RunOutcome {
        let record = try journal.record(of: run)
        let name = try skippable(stage, of: record)
        let stored = try journal.load(run)
        try refuseSkip(name, of: stored)
        let index = record.position
        if case .waiting(let gate) = record.phase, stored.stages[index].name == name,
            let approval = stored.snapshot.plan.stages[index].approval
        {
            try Self.refuse(past: gate, approval, stage: name, of: run, at: try now(of: record.backend))
        }
        try submit(isDone ? .succeed : .skip, stage: name, to: record, reason: reason) { kept throws(JournalError) in
            let same = kept.first {
                !$0.isUsed && $0.request.stage == name && ($0.request.kind == .skip || $0.request.kind == .succeed)
            }
            guard let same else { return }
            throw JournalError(
                .notAllowed,
                "\(same.request.by) has already requested '\(same.request.kind.rawValue)' for stage \(name)")
        }
        let word = isDone ? "will count as done" : "will be skipped"
        note("\(run): stage \(name) \(word), requested by \(caller.person): \(reason)".printable)
        if let holder = try journal.holder(of: run) { return .handedOver(holder) }
        guard let work else { return .kept }
        return .end(try await takeUp(run, work))
    }

    /// Refuses a caller who may not approve the stage, and a skip that would leave the mirror on permanently.
    private func refuseSkip(_ name: String, of run: StoredRun) throws(ServiceError) {
        guard let index = run.snapshot.plan.stages.firstIndex(where: { $0.name == name }) else { return }
        if let approval = run.snapshot.plan.stages[index].approval { try requireApprover(approval, run.record, name) }
        guard run.snapshot.plan.endsMirror(index, of: run.record) else { return }
        let mirror = run.record.latest.snapshot?.mirrorTraffic.wanted ?? .none
        throw ServiceError(
            .notPossible,
            "stage \(name) cannot be skipped: it turns off the mirror (\(mirror)), and no later stage does; "
                + "let it run, or abort the run", [.step(.abort, of: run.record.id)])
    }

    /// Returns the name of the stage to skip.
    ///
    /// - Throws: ``ServiceError/Code/notPossible`` if it cannot be skipped.
    private func skippable(_ stage: String?, of record: RunRecord) throws -> String {
        let stages = try journal.stages(of: record.id)
        guard !record.status.isEnded else {
            throw ServiceError(
                .notPossible, "run \(record.id) has ended (\(record.status.words)): there is nothing to skip")
        }
        switch record.phase {
        case .rollingBack:
            throw ServiceError(.notPossible, "run \(record.id) is rolling back: there is nothing to skip")
        case .held(let hold):
            if case .drift = hold.cause {
                throw ServiceError(
                    .notPossible,
                    "run \(record.id) is held for drift: first decide whether to restore or to adopt the endpoint",
                    situation: try situation(of: record.id))
            }
            if case .rollBackFailed = hold.cause {
                throw ServiceError(
                    .notPossible, "rolling back \(record.id) failed: there is nothing to skip",
                    situation: try situation(of: record.id))
            }
        default: break
        }
        guard let stage else {
            guard stages.indices.contains(record.position) else {
                throw ServiceError(.notPossible, "all stages of \(record.id) are done")
            }
            return stages[record.position].name
        }
        guard let index = stages.firstIndex(where: { $0.name == stage }) else {
            let near = didYouMean(stage, among: stages.map(\.name)).map { "; \($0)" } ?? ""
            throw ServiceError(.notPossible, "run \(record.id) has no stage '\(stage)'\(near)")
        }
        guard index >= record.position else {
            throw ServiceError(
                .notPossible, "stage \(stage) of \(record.id) is already done (\(stages[index].status.rawValue))")
        }
        return stage
    }

    private func submit(
        _ kind: Request.Kind, stage: String? = nil, to record: RunRecord, reason: String?,
        validate: ([StoredRequest]) throws(JournalError) -> Void = { _ in }
    ) throws(JournalError) {
        let request = Request(
            kind: kind, stage: stage, planHash: record.planHash, by: caller.person, at: SystemClock().now(),
            reason: reason)
        _ = try journal.submit(request, to: record.id, validate: validate)
    }
}
