internal import PlaybookSyntax
package import RolloutEngine
internal import Rollouts

/// What a run is started with, beside its plan.
package struct StartOptions: Sendable {
    /// Stages that the starter approves ahead of time, or `all`.
    package var approvals: [String] = []
    /// What the starter was shown of the plan; nothing else is run.
    package var binding: PlanBinding?
    /// Takes the place of another state folder's run that has not ended.
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
        // In the middle of another run, who is live is that run's business.
        let request = try await looking(request, for: id) { draft in
            try refuseUnfinishedRun(on: selection.leaseKey(of: draft))
        }
        let snapshot = try snapshot(of: request, for: id)
        let approvals = try EarlyApprovals(options.approvals, in: snapshot.plan, by: caller)
        try refuseUnfinishedRun(on: selection.leaseKey(of: snapshot.plan))
        return try await with(selection, .work, for: snapshot.plan) { session in
            try await options.binding?.check(snapshot, session.backend)
            if snapshot.plan.stages.contains(where: \.action.touchesEndpoint) {
                try await FirstRefusal.check(snapshot.plan, on: session.backend)
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
                        try await LiveRole.check(snapshot.plan, parent, on: session.backend)
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
                // Another process has taken the number in between.
                guard case .runExists = error.code else { throw error }
            }
        }
    }

    /// Takes up a run that was left, and works on it; `reason` says why, beside who did.
    package func takeUp(_ run: RunID, reason: String? = nil, _ work: WorkOptions) async throws -> RunEnd {
        try await withLease(on: try journal.record(of: run).leaseKey, for: run) { lease in
            // Only now: the run cannot change any more, but by this process.
            let stored = try journal.load(run)
            tell(EditedFiles(stored, in: workspace), of: stored, isAdopted: false)
            return try await takeUp(stored, under: &lease, reason: reason, work)
        }
    }

    /// Works on a run as it was loaded under its `lease`; `prepare` changes the machine before it begins, as an adoption
    /// does.
    func takeUp(
        _ stored: StoredRun, under lease: inout Lease?, takeOver: Bool = false, reason: String? = nil,
        _ work: WorkOptions, prepare: (inout RunMachine, Timestamp) throws -> Void = { _, _ in }
    ) async throws -> RunEnd {
        let (plan, id) = (stored.snapshot.plan, stored.record.id)
        if stored.record.status == .held { try tellKept(of: stored) }
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

    /// Says which decisions a run that was held uses as it goes on: they were given before, maybe by others.
    ///
    /// An abort leaves no gate to use them at, and adopting the endpoint voids them (P8).
    private func tellKept(of run: StoredRun) throws {
        let requests = try situation(of: run).decided.requests
        guard !requests.contains(where: { $0.kind == .abort || $0.kind == .adopt }) else { return }
        for request in requests where request.kind == .approve || request.kind == .reject {
            let word = request.kind == .approve ? "approval" : "rejection"
            note(
                "note: the \(word) that \(request.by) gave stage \(request.stage ?? "") ahead of its gate, at "
                    + "\(request.at.zoned), is used once the gate opens")
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

    /// Follows a run on which another process works, until it has ended or that process has left.
    package func follow(_ run: RunID) async throws -> RunEnd {
        while true {
            // Who has left has written its last word before.
            let isHeld = try journal.holder(of: run) != nil
            let record = try journal.record(of: run)
            if record.status.isEnded { return try end(of: run) }
            guard isHeld else {
                throw ServiceError(
                    .waiting, "run \(run) is \(record.status.words), and nobody works on it any more",
                    situation: try situation(of: run))
            }
            try await Task.sleep(for: .milliseconds(200))
        }
    }

    /// How a run that nobody works on has ended, or stands.
    package func end(of run: RunID) throws -> RunEnd {
        let stored = try journal.load(run)
        return RunEnd(plan: stored.snapshot.plan, situation: try situation(of: stored))
    }

    /// Refuses where a run of the endpoint has not ended: says who works on it, or how to go on with it.
    func refuseUnfinishedRun(on key: LeaseKey) throws {
        guard let other = try journal.unfinishedRun(on: key) else { return }
        let situation = try situation(of: other)
        if let holder = try journal.holder(of: other) {
            throw ServiceError(
                .taken, "\(key) is taken: process \(holder.process) on \(holder.host) works on run \(other)",
                situation: situation)
        }
        let record = situation.record
        let reason = record.reason.map { ", \($0)" } ?? ""
        throw ServiceError(
            .taken,
            "\(key) is taken: run \(other) has not ended (\(record.status.words)\(reason)), and no process works on it",
            situation: situation)
    }
}
