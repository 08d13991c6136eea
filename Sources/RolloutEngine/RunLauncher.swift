package import Rollouts

/// Creates runs, either new or forked from a stage of another run.
package struct RunLauncher: Sendable {
    package var journal: any Journal
    package var starter: Person
    package var now: Timestamp
    /// See ``RunRecord/playbookFolder``.
    package var playbookFolder: String?
    /// The groups required by the plan's gates that the starter is known to be in.
    package var groups: Set<String>

    package init(
        journal: any Journal, starter: Person, now: Timestamp, playbookFolder: String? = nil, groups: Set<String> = []
    ) {
        self.journal = journal
        self.starter = starter
        self.now = now
        self.playbookFolder = playbookFolder
        self.groups = groups
    }

    /// Writes a new run of `snapshot` under `lease`, and returns its machine.
    ///
    /// The starter approves the stages in `approved`. If there is a `parent`, the new run is forked from that run's
    /// stage, and the stages before it count as done.
    package func create(
        _ snapshot: PlanSnapshot, approved: [String], parent: (run: StoredRun, stage: Int)? = nil, under lease: Lease
    ) throws(JournalError) -> RunMachine {
        var record = RunRecord(
            id: lease.run, backend: snapshot.plan.backend, endpoint: snapshot.plan.endpoint,
            planHash: snapshot.hash, starter: starter, started: now)
        var stages = snapshot.plan.stages.map { StageRecord(name: $0.name, action: $0.action.kind) }
        record.place = lease.key.place
        record.roles = snapshot.plan.roles
        record.playbookFolder = playbookFolder
        if let parent {
            record.parent = .init(run: parent.run.record.id, stage: stages[parent.stage].name)
            record.position = parent.stage
            if parent.run.record.canRollBack { record.baseline = parent.run.record.baseline }
            for index in 0..<parent.stage { stages[index] = inherited(from: parent.run, at: index) }
        }
        let requests = approved.map { name in
            let group = snapshot.plan.stages.first { $0.name == name }?.approval?.group
            return Request(
                kind: .approve, stage: name, planHash: snapshot.hash, by: starter,
                memberOf: group.flatMap { groups.contains($0) ? $0 : nil }, at: now,
                reason: "given with --approve when the run was started")
        }
        let started = StampedEvent(
            at: now, stage: nil, event: .runStarted(record, inherited: Array(stages[..<record.position])))
        try journal.create(
            NewRun(snapshot: snapshot, record: record, stages: stages, events: [started], requests: requests),
            under: lease)
        return RunMachine(plan: snapshot.plan, state: RunState(record: record, stages: stages))
    }

    private func inherited(from run: StoredRun, at index: Int) -> StageRecord {
        var stage = run.stages[index]
        stage.status = stage.status == .skipped ? .skipped : .succeeded
        stage.reason = "done in \(run.record.id)"
        return stage
    }
}
