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
            let (machine, lease) = try await launch(
                name, on: session, selection, approved: approvals.stages, takeOver: options.takeOver
            ) { run throws(ServiceError) in
                run == id ? snapshot : try self.snapshot(of: request, for: run, quiet: true)
            }
            for text in approvals.notes { note("note: \(text)") }
            return try await perform(machine, under: lease, on: session, work)
        }
    }

    /// Brings a run to its number, its lease and its first line in the journal; `snapshot` makes the plan for a number.
    func launch(
        _ playbook: String, on session: any BackendSession, _ selection: BackendSelection, approved: [String],
        parent: (run: StoredRun, stage: Int)? = nil, takeOver: Bool = false,
        _ snapshot: (RunID) throws(ServiceError) -> PlanSnapshot
    ) async throws -> (RunMachine, Lease) {
        while true {
            let id = try journal.nextRunID(of: playbook)
            let snapshot = try snapshot(id)
            var lease = try journal.acquireLease(on: selection.leaseKey(of: snapshot.plan), for: id, takeOver: false)
            do {
                try await take(&lease, from: session, as: .start(takeOver: takeOver))
                try await LiveRole.check(snapshot.plan, parent, on: session.backend)
            } catch {
                await giveBack(lease, to: session, isFinished: true)
                try journal.release(lease)
                throw error
            }
            let groups = Set(snapshot.plan.stages.compactMap(\.approval?.group).filter(caller.isMember))
            let launcher = RunLauncher(
                journal: journal, starter: caller.person, now: session.now,
                playbookFolder: parent?.run.record.playbookFolder
                    ?? snapshot.plan.files.first.map { folder(of: $0.path) },
                groups: groups)
            do throws(JournalError) {
                return (try launcher.create(snapshot, approved: approved, parent: parent, under: lease), lease)
            } catch {
                await giveBack(lease, to: session, isFinished: true)
                try journal.release(lease)
                // Another process has taken the number in between.
                guard error.code == .runExists else { throw error }
            }
        }
    }

    /// Takes up a run that was left, and works on it; `reason` says why, beside who did.
    package func takeUp(_ run: RunID, reason: String? = nil, _ work: WorkOptions) async throws -> RunEnd {
        let lease = try journal.acquireLease(on: try journal.record(of: run).leaseKey, for: run, takeOver: false)
        let stored: StoredRun
        do {
            // Only now: the run cannot change any more, but by this process.
            stored = try journal.load(run)
        } catch {
            release(lease)
            throw error
        }
        tell(EditedFiles(stored, in: workspace), of: stored, isAdopted: false)
        return try await takeUp(stored, under: lease, reason: reason, work)
    }

    /// Works on a run as it was loaded under its `lease`; `prepare` changes the machine before it begins, as an adoption
    /// does.
    func takeUp(
        _ stored: StoredRun, under lease: Lease, takeOver: Bool = false, reason: String? = nil, _ work: WorkOptions,
        prepare: (inout RunMachine, Timestamp) throws -> Void = { _, _ in }
    ) async throws -> RunEnd {
        let plan = stored.snapshot.plan
        let session: any BackendSession
        do {
            if stored.record.status == .held { try tellKept(of: stored) }
            session = try await open(try backends.selection(of: plan), .work, for: plan)
        } catch {
            release(lease)
            throw error
        }
        return try await session.using(warn: warn) { session in
            var lease = lease
            do {
                try await take(&lease, from: session, as: .resume(takeOver: takeOver))
            } catch {
                release(lease)
                throw error
            }
            var machine = RunMachine(plan: plan, state: RunState(record: stored.record, stages: stored.stages))
            machine.note(.runResumed(by: caller.person, epoch: lease.epoch, note: reason), at: session.now)
            do {
                try prepare(&machine, session.now)
            } catch {
                await giveBack(lease, to: session, isFinished: false)
                try journal.release(lease)
                throw error
            }
            return try await perform(machine, under: lease, on: session, work)
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

/// Leases, of the journal and of the backend.
extension RolloutService {
    /// Acquires the journal's lease; with `takeOver`, waits until the holder has been silent for long enough (P6).
    ///
    /// - Throws: ``ServiceError`` where the holder speaks meanwhile, ``JournalError`` where it is alive and may not
    ///   be overtaken.
    func acquireLease(on key: LeaseKey, for run: RunID, takeOver: Bool) async throws -> Lease {
        var before: LeaseHolder?
        while true {
            let holder: LeaseHolder
            do {
                return try journal.acquireLease(on: key, for: run, takeOver: takeOver)
            } catch {
                guard takeOver, case .leased(let other) = error.code else { throw error }
                holder = other
            }
            if let before, holder.silent < before.silent || holder.epoch != before.epoch {
                throw ServiceError(
                    .taken,
                    "process \(holder.process) on \(holder.host) still works on \(holder.run): it wrote "
                        + "\(holder.silent.short) ago", [.showRun(holder.run)])
            }
            let rest = Interval(
                milliseconds: LeaseHolder.patience.milliseconds - min(holder.silent, LeaseHolder.patience).milliseconds)
            notify(.overtaking(holder, in: rest, isFirst: before == nil))
            before = holder
            try await Task.sleep(for: max(min(rest, .milliseconds(500)), .milliseconds(20)).duration)
        }
    }

    /// Takes the endpoint among the runners of all state folders, where others may have the backend too.
    ///
    /// - Returns: The epoch that changes are sent with.
    @discardableResult
    func take(_ lease: inout Lease, from session: any BackendSession, as manner: LeaseManner) async throws -> Int {
        guard let leasing = session as? any EndpointLeasing else { return lease.epoch }
        return try await leasing.take(&lease, as: manner, in: journal)
    }

    /// Gives back what was taken while an error is on its way out, or the work is done: others would wait for nothing
    /// else.
    func giveBack(_ lease: Lease, to session: any BackendSession, isFinished: Bool) async {
        do { try await (session as? any EndpointLeasing)?.giveBack(lease, isFinished: isFinished) } catch {
            warn("\(lease.key) was not given back to others, who may have to wait a while for it: \(error)")
        }
    }

    private func release(_ lease: Lease) {
        do { try journal.release(lease) } catch { warn("the lease was not given back: \(error)") }
    }
}

extension Journal {
    /// Who works on the run now, if anybody does.
    package func holder(of run: RunID) throws(JournalError) -> LeaseHolder? {
        try leases().first { $0.run == run && $0.isAlive }
    }
}
