package import RolloutEngine
internal import Rollouts
internal import Support

/// How a run that was left goes on.
package struct ResumeOptions: Sendable {
    /// Takes the place of a process that is alive, once it has been silent for long enough.
    package var takeOver = false
    /// Uses the edited playbook from here on; of a run held for drift, takes the endpoint as it is.
    package var adopts = false
    /// Of a run held for drift: brings the endpoint back to what the run left.
    package var restores = false
    package var reason: String?

    package init() {}
}

/// What became of an operation on a run.
package enum RunOutcome: Sendable {
    /// The run was worked on, or had ended.
    case end(RunEnd)
    /// Another process works on the run, and takes up what was asked for.
    case handedOver(LeaseHolder)
    /// What was asked for is kept, and no process works on the run.
    case kept
}

extension RolloutService {
    /// Goes on with a run where it was left; one that has ended is only told.
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
            // Seen without this process, and as the endpoint is.
            if error.situation != nil { error.situation = try await view(of: run).situation }
            throw error
        }
    }

    /// What becomes of the run with the edited files, now or once it has come to the stage at `stop`.
    func adoption(of edited: EditedFiles, _ stored: StoredRun, at stop: Int = 0) throws(ServiceError) -> Adoption? {
        guard !edited.names.isEmpty else { return nil }
        let new = try editedPlan(stored.snapshot, playbook: edited.playbook, for: stored.record.id)
        guard new.hash != stored.snapshot.hash else { return nil }
        return try Adoption(
            new, of: stored.snapshot.plan, at: RunState(record: stored.record, stages: stored.stages), stop: stop)
    }

    /// Tells a held run how to go on, where the options say so.
    private func submit(_ options: ResumeOptions, about record: RunRecord, isAdopting: Bool) throws {
        guard options.adopts || options.restores else { return }
        var kind: Request.Kind = options.adopts ? .adopt : .restore
        // Who mends the playbook of a stage that failed wants it tried again with what was mended.
        if isAdopting, case .held(let hold) = record.phase, !hold.accepts(kind), hold.accepts(.retry) { kind = .retry }
        guard case .held(let hold) = record.phase, hold.accepts(kind) else {
            if options.restores {
                throw ServiceError(
                    .notPossible, "run \(record.id) is not held for drift: there is nothing to restore",
                    situation: try situation(of: record.id))
            }
            if !isAdopting { note("note: there is nothing to adopt: the playbook and the endpoint are as they were") }
            return
        }
        try submit(kind, to: record, reason: options.reason)
    }

    /// Rolls a run back and ends it; where another process works on it, that process does.
    package func abort(_ run: RunID, reason: String? = nil, _ work: WorkOptions) async throws -> RunOutcome {
        let record = try journal.record(of: run)
        if record.canRollBack {
            guard try journal.isNewest(record) else {
                throw ServiceError(
                    .notPossible,
                    "run \(run) has ended, and a later run has worked on its endpoint since: rolling back would undo that",
                    [.setTraffic(endpoint: record.endpoint, on: record.backend)])
            }
        } else if record.status.isEnded {
            guard record.status == .aborted else {
                throw ServiceError(
                    .notPossible, "run \(run) has ended (\(record.status.words)): nothing is left to abort")
            }
            return .end(try end(of: run))
        }
        // A second abort that comes before the first was used says nothing new.
        if try !journal.pendingRequests(of: run).contains(where: { $0.kind == .abort }) {
            try submit(.abort, to: record, reason: reason)
        }
        if let holder = try journal.holder(of: run) { return .handedOver(holder) }
        return .end(try await takeUp(run, reason: "to abort it", work))
    }

    /// Tries the stage of a held run again.
    package func retry(_ run: RunID, reason: String? = nil, _ work: WorkOptions) async throws -> RunEnd {
        let record = try journal.record(of: run)
        guard case .held(let hold) = record.phase, hold.accepts(.retry) else {
            throw ServiceError(
                .notPossible, "run \(run) is \(record.status.words), and there is no stage to try again",
                situation: try situation(of: run))
        }
        try submit(.retry, to: record, reason: reason)
        return try await takeUp(run, work)
    }

    /// Goes on without a stage of a run or, with `isDone`, counts it as done by hand.
    ///
    /// Without `stage` it is the one that is under way or next; without `work` the run is not gone on with here.
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
                .notAllowed, "\(same.request.by) has said \(same.request.kind.rawValue) of stage \(name) already")
        }
        let word = isDone ? "is to count as done" : "is to be skipped"
        note("\(run): stage \(name) \(word), says \(caller.person): \(reason)".printable)
        if let holder = try journal.holder(of: run) { return .handedOver(holder) }
        guard let work else { return .kept }
        return .end(try await takeUp(run, work))
    }

    /// Refuses who may not pass the stage's gate, and what would leave a mirror on for good.
    private func refuseSkip(_ name: String, of run: StoredRun) throws(ServiceError) {
        guard let index = run.snapshot.plan.stages.firstIndex(where: { $0.name == name }) else { return }
        if let approval = run.snapshot.plan.stages[index].approval { try refuseStranger(approval, run.record, name) }
        guard run.snapshot.plan.endsMirror(index, of: run.record) else { return }
        let mirror = run.record.latest.snapshot?.mirrorTraffic.wanted ?? .none
        throw ServiceError(
            .notPossible,
            "stage \(name) turns off the mirror (\(mirror)), and no later stage does: without it the mirror would stay on "
                + "for good; let it act, or end the run", [.step(.abort, of: run.record.id)])
    }

    /// The name of the stage that `stage` means, if it can be skipped.
    private func skippable(_ stage: String?, of record: RunRecord) throws -> String {
        let stages = try journal.stages(of: record.id)
        guard !record.status.isEnded else {
            throw ServiceError(
                .notPossible, "run \(record.id) has ended (\(record.status.words)): nothing is left to skip")
        }
        switch record.phase {
        case .rollingBack:
            throw ServiceError(.notPossible, "run \(record.id) is on its way back: nothing is left to skip")
        case .held(let hold):
            if case .drift = hold.cause {
                throw ServiceError(
                    .notPossible,
                    "run \(record.id) is held since its endpoint was changed: what becomes of that is to be said first",
                    situation: try situation(of: record.id))
            }
            if case .rollBackFailed = hold.cause {
                throw ServiceError(
                    .notPossible, "the way back of \(record.id) failed: nothing is left to skip",
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
                .notPossible, "stage \(stage) of \(record.id) is done (\(stages[index].status.rawValue))")
        }
        return stage
    }

    private func submit(
        _ kind: Request.Kind, stage: String? = nil, to record: RunRecord, reason: String?,
        validate: ([KeptRequest]) throws(JournalError) -> Void = { _ in }
    ) throws(JournalError) {
        let request = Request(
            kind: kind, stage: stage, planHash: record.planHash, by: caller.person, at: SystemClock().now(),
            reason: reason)
        _ = try journal.submit(request, to: record.id, validate: validate)
    }
}
