internal import PlaybookSyntax
package import RolloutEngine
internal import Rollouts

/// How to start a run, apart from its plan.
package struct StartOptions: Sendable {
    /// The stages that the starter approves in advance, or `all`.
    package var approvals: [String] = []
    /// The plan that was shown to the starter.
    ///
    /// The start is refused if the plan or the endpoint has changed since.
    package var binding: PlanBinding?
    /// Takes over the endpoint from an unfinished run of another state folder.
    package var takeOver = false

    package init(approvals: [String] = [], binding: PlanBinding? = nil, takeOver: Bool = false) {
        self.approvals = approvals
        self.binding = binding
        self.takeOver = takeOver
    }
}

extension RolloutService {
    /// Starts a run, and works on it until it ends, waits, or is held.
    package func start(
        _ request: PlanRequest, with options: StartOptions = StartOptions(), _ work: WorkOptions
    ) async throws -> RunEnd {
        let (name, selection) = (try request.playbookName(), request.selection)
        let id = try journal.nextRunID(of: name)
        // During another run, the live deployment is not settled.
        let request = try await looking(request, for: id) { draft in
            try refuseUnfinishedRun(on: selection.leaseKey(of: draft))
        }
        let snapshot = try snapshot(of: request, for: id)
        let approvals = try EarlyApprovals(options.approvals, in: snapshot.plan, by: caller)
        try refuseUnfinishedRun(on: selection.leaseKey(of: snapshot.plan))
        return try await with(selection, .work, for: snapshot.plan) { session in
            try await options.binding?.check(snapshot, session.backend)
            if snapshot.plan.stages.contains(where: \.action.touchesEndpoint) {
                try await PlanRefusal.check(snapshot.plan, on: session.backend)
            }
            return try await launch(
                name, on: session, selection, approved: approvals.stages, takeOver: options.takeOver
            ) {
                run throws(ServiceError) in
                run == id ? snapshot : try self.snapshot(of: request, for: run, quiet: true)
            } working: { machine, lease in
                for text in approvals.notes { note("note: \(text)") }
                return try await perform(machine, under: lease, on: session, work)
            }
        }
    }

    /// Creates a run under its lease, with the first free number, and works on it; `snapshot` makes the plan for a number.
    func launch(
        _ playbook: String, on session: any BackendSession, _ selection: BackendSelection, approved: [String],
        parent: (run: StoredRun, stage: Int)? = nil, takeOver: Bool = false,
        _ snapshot: (RunID) throws(ServiceError) -> PlanSnapshot,
        working body: (RunMachine, Lease) async throws -> RunEnd
    ) async throws -> RunEnd {
        while true {
            let id = try journal.nextRunID(of: playbook)
            let snapshot = try snapshot(id)
            var isCreated = false
            do {
                return try await withLease(on: selection.leaseKey(of: snapshot.plan), for: id) { lease in
                    try await withEndpoint(
                        of: session, under: &lease, as: .start(takeOver: takeOver),
                        isFinished: { try !isCreated || journal.record(of: id).status.isEnded }
                    ) { lease, _ in
                        try await LiveRoleCheck.check(snapshot.plan, parent, on: session.backend)
                        let groups = Set(snapshot.plan.stages.compactMap(\.approval?.group).filter(caller.isMember))
                        let launcher = RunLauncher(
                            journal: journal, starter: caller.person, now: session.now,
                            playbookFolder: parent?.run.record.playbookFolder
                                ?? snapshot.plan.files.first.map { folder(of: $0.path) },
                            groups: groups)
                        let machine = try launcher.create(snapshot, approved: approved, parent: parent, under: lease)
                        isCreated = true
                        return try await body(machine, lease)
                    }
                }
            } catch let error as JournalError {
                // Another process has taken the number in the meantime.
                guard case .runExists = error.code else { throw error }
            }
        }
    }

    /// Resumes a run and works on it; `reason` is recorded in the event.
    package func takeUp(_ run: RunID, reason: String? = nil, _ work: WorkOptions) async throws -> RunEnd {
        try await withLease(on: try journal.record(of: run).leaseKey, for: run) { lease in
            // Loaded under the lease, so that no other process can change the run afterwards.
            let stored = try journal.load(run)
            tell(EditedFiles(stored, in: workspace), of: stored, isAdopted: false)
            return try await takeUp(stored, under: &lease, reason: reason, work)
        }
    }

    /// Works on a run that was loaded under `lease`; `prepare` can change the machine first, for example to adopt a
    /// plan.
    func takeUp(
        _ stored: StoredRun, under lease: inout Lease?, takeOver: Bool = false, reason: String? = nil,
        _ work: WorkOptions, prepare: (inout RunMachine, Timestamp) throws -> Void = { _, _ in }
    ) async throws -> RunEnd {
        let (plan, id) = (stored.snapshot.plan, stored.record.id)
        if stored.record.status == .held { try reportPendingDecisions(of: stored) }
        let session = try await open(try backends.selection(of: plan), .work, for: plan)
        return try await session.using(warn: warn) { session in
            try await withEndpoint(
                of: session, under: &lease, as: .resume(takeOver: takeOver),
                isFinished: { try journal.record(of: id).status.isEnded }
            ) { lease, _ in
                var machine = RunMachine(plan: plan, state: RunState(record: stored.record, stages: stored.stages))
                machine.note(.runResumed(by: caller.person, epoch: lease.epoch, note: reason), at: session.now)
                try prepare(&machine, session.now)
                return try await perform(machine, under: lease, on: session, work)
            }
        }
    }

    /// Reports the decisions that a held run will use as it resumes; other people may have made them before.
    ///
    /// After an abort there is no gate left, and adopting the endpoint voids them (P8).
    private func reportPendingDecisions(of run: StoredRun) throws {
        let requests = try situation(of: run).decided.requests
        guard !requests.contains(where: { $0.kind == .abort || $0.kind == .adopt }) else { return }
        for request in requests where request.kind == .approve || request.kind == .reject {
            let word = request.kind == .approve ? "approval" : "rejection"
            note(
                "note: when the gate of stage \(request.stage ?? "") opens, the advance \(word) by \(request.by) of "
                    + "\(request.at.zoned) will be used")
        }
    }

    func perform(
        _ machine: RunMachine, under lease: Lease, on session: any BackendSession, _ work: WorkOptions
    ) async throws -> RunEnd {
        var machine = machine
        if let interval = session.pollInterval { machine.pollInterval = interval }
        if let interval = session.watchInterval { machine.watchInterval = interval }
        return try await RunSession(service: self, session: session, options: work).work(on: machine, under: lease)
    }

    /// Waits until a run has ended, or no process is working on it any more.
    ///
    /// - Throws: ``ServiceError/Code/waiting`` if the run has not ended but no process is working on it.
    package func follow(_ run: RunID) async throws -> RunEnd {
        while true {
            // Checked first: a process records its last events before it releases the lease.
            let isHeld = try journal.holder(of: run) != nil
            let record = try journal.record(of: run)
            if record.status.isEnded { return try end(of: run) }
            guard isHeld else {
                throw ServiceError(
                    .waiting, "run \(run) is \(record.status.words), and no process is working on it any more",
                    situation: try situation(of: run))
            }
            try await Task.sleep(for: .milliseconds(200))
        }
    }

    /// Returns the state of a run that this process has not worked on.
    package func end(of run: RunID) throws -> RunEnd {
        let stored = try journal.load(run)
        return RunEnd(plan: stored.snapshot.plan, situation: try situation(of: stored))
    }

    /// Refuses to use an endpoint that has an unfinished run, and says which process is working on it or how to resume
    /// it.
    func refuseUnfinishedRun(on key: LeaseKey) throws {
        guard let other = try journal.unfinishedRun(on: key) else { return }
        let situation = try situation(of: other)
        if let holder = try journal.holder(of: other) {
            throw ServiceError(
                .taken, "\(key) is in use: process \(holder.process) on \(holder.host) is working on run \(other)",
                situation: situation)
        }
        let record = situation.record
        let reason = record.reason.map { ", \($0)" } ?? ""
        throw ServiceError(
            .taken,
            "\(key) is in use: run \(other) has not ended (\(record.status.words)\(reason)), "
                + "and no process is working on it",
            situation: situation)
    }
}
