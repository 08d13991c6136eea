internal import ArgumentParser
internal import RolloutEngine
internal import Rollouts
internal import SQLiteJournal

/// `turnout resume`: goes on with a run where it was left.
struct ResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Go on with a run where it was left.",
        discussion: """
            The run goes on with the playbook and the files as they were at its start. Where they were edited since, \
            the difference is shown, and used only with --adopt.

            EXAMPLES:
              turnout resume
              turnout resume safe-rollout-1 --take-over
              turnout resume safe-rollout-1 --restore
            """)

    @Argument(
        help: "The run; without it, the only one that has not ended.",
        completion: .custom { _, _, _ in Completions.runs() })
    var run: String?

    @Flag(help: "Take the place of a process that is alive, once it has been silent for 30 s.")
    var takeOver = false

    @Flag(help: "Use the edited playbook from here on; of a run held for drift, take the endpoint as it is.")
    var adopt = false

    @Flag(help: "Of a run held for drift: bring the endpoint back to what the run left.")
    var restore = false

    @Option(help: "Why, for the record.")
    var reason: String?

    @OptionGroup var options: RunOptions

    func validate() throws {
        if adopt, restore { throw ValidationError("--adopt and --restore exclude each other") }
    }

    func run() async throws {
        let workspace = Workspace()
        let status = try await workspace.withJournal { journal in
            try await resume(RunWork(workspace: workspace, journal: journal, options: options))
        }
        try status.leave()
    }

    private func resume(_ work: RunWork) async throws -> ExitStatus {
        let record = try RunSelection.run(run, in: work.journal, wanted: "under way") { !$0.status.isEnded }
        guard !record.status.isEnded else { return try work.tellEnd(of: record) }
        let key = record.leaseKey
        let lease = try await LeaseTaking(journal: work.journal).take(key, for: record.id, takeOver: takeOver)
        do {
            let stored = try work.journal.load(record.id)
            let edited = EditedFiles(stored, in: work.workspace)
            let adoption = try adoption(of: edited, stored)
            edited.tell(adopted: adoption != nil)
            try submit(about: stored.record, adopting: adoption != nil, to: work.journal, work.workspace)
            return try await work.takeUp(stored, lease: lease, takeOver: takeOver) { machine, now in
                guard let adoption else { return }
                machine.adopt(
                    adoption.snapshot, stages: adoption.stages, differences: adoption.differences, at: now)
            }
        } catch let failure as CommandFailure {
            // takeUp gives the lease back by itself; what failed before it is a failure of this command.
            try releaseIfHeld(lease, work.journal)
            throw failure
        }
    }

    private func releaseIfHeld(_ lease: Lease, _ journal: SQLiteJournal) throws {
        guard try journal.leases().contains(where: { $0.key == lease.key.description && $0.epoch == lease.epoch })
        else { return }
        try journal.release(lease)
    }

    private func adoption(of edited: EditedFiles, _ stored: StoredRun) throws -> Adoption? {
        guard adopt, !edited.names.isEmpty else { return nil }
        let new = try Adoption.plan(stored.snapshot, playbook: edited.playbook, for: stored.record.id)
        guard new.hash != stored.snapshot.hash else { return nil }
        return try Adoption(
            new, of: stored.snapshot.plan, at: RunState(record: stored.record, stages: stored.stages))
    }

    /// Tells a held run how to go on, where `--adopt` or `--restore` says so.
    private func submit(
        about record: RunRecord, adopting: Bool, to journal: SQLiteJournal, _ workspace: Workspace
    ) throws {
        guard adopt || restore else { return }
        var kind: Request.Kind = adopt ? .adopt : .restore
        // Who mends the playbook of a stage that failed wants it tried again with what was mended.
        if adopting, case .held(let hold) = record.phase, !hold.accepts(kind), hold.accepts(.retry) { kind = .retry }
        guard case .held(let hold) = record.phase, hold.accepts(kind) else {
            if restore {
                throw CommandFailure(
                    .usage,
                    "run \(record.id) is not held for drift: there is nothing to restore; "
                        + "next: \(try journal.nextCommand(for: record.id, in: workspace))")
            }
            if !adopting {
                Notices.say("note: there is nothing to adopt: the playbook and the endpoint are as they were")
            }
            return
        }
        let request = Request(
            kind: kind, planHash: record.planHash, by: .current(), at: SystemClock().now(), reason: reason)
        _ = try journal.submit(request, to: record.id) { _ in }
    }
}
