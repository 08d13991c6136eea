internal import ArgumentParser
internal import RolloutEngine
internal import Rollouts
internal import SQLiteJournal

/// `turnout run`: starts a rollout and works on it.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Start a rollout and work on it.",
        discussion: """
            The playbook and every file that it names are kept as they are now; the run is journaled from its first \
            step on, so that it can be killed at any moment and resumed.

            EXAMPLES:
              turnout run safe-rollout
              turnout run safe-rollout --approve all
              turnout run safe-rollout --input canary=5 --wait
              turnout run Playbooks/safe-rollout.yml --backend simulated:kubernetes --json

            Exit status: 0 finished, 1 failed, 10 rolled back, 11 waits for a person, 12 aborted, 13 another runner \
            has the endpoint, 64 usage, 65 invalid playbook, 74 the state could not be written.
            """)

    @Argument(
        help: "A name in Playbooks/, or a path.",
        completion: .custom { _, _, _ in Completions.playbooks() })
    var playbook: String

    @OptionGroup var arguments: PlanArguments
    @OptionGroup var options: RunOptions

    @Option(help: ArgumentHelp("Approve a gate ahead of time, as the starter; or all.", valueName: "stage|all"))
    var approve: [String] = []

    @Option(
        help: ArgumentHelp(
            "Run only what `turnout plan` showed: refuse if the plan or the endpoint is another now.",
            valueName: "hash@fingerprint"))
    var plan: String?

    @Flag(
        help: """
            Take the place of an unfinished run of another state folder; one that somebody works on must have been silent \
            for 30 s.
            """)
    var takeOver = false

    func validate() throws {
        if let plan, PlanBinding(plan) == nil {
            throw ValidationError("'\(plan)' is no plan; copy what `turnout plan` prints behind `plan:`")
        }
    }

    func run() async throws {
        let workspace = Workspace()
        let path = try PlaybookArgument(workspace: workspace).path(of: playbook)
        let selection = try arguments.selection().asking(playbook: path)
        let making = try PlanMaking(path: path, selection: selection, arguments: arguments)
        let status = try await workspace.withJournal { journal in
            try await start(making, journal, workspace)
        }
        try status.leave()
    }

    private func start(_ making: PlanMaking, _ journal: SQLiteJournal, _ workspace: Workspace) async throws
        -> ExitStatus
    {
        let name = try making.playbookName()
        let id = try journal.nextRunID(of: name)
        // In the middle of another run, who is live is that run's business.
        let making = try await making.looking(for: id, in: workspace) { draft in
            try refuseUnfinishedRun(on: making.selection.leaseKey(of: draft), journal, workspace)
        }
        let snapshot = try making.snapshot(for: id)
        let approvals = try EarlyApprovals(approve, in: snapshot.plan)
        try refuseUnfinishedRun(on: making.selection.leaseKey(of: snapshot.plan), journal, workspace)
        let open = try await making.selection.open(.work, for: snapshot.plan, in: workspace)
        return try await RunWork(workspace: workspace, journal: journal, options: options).work(in: open) {
            if let plan { try await PlanBinding(plan)?.check(snapshot, open.backend) }
            if snapshot.plan.stages.contains(where: \.action.touchesEndpoint) {
                try await FirstRefusal.check(snapshot.plan, on: open.backend)
            }
            let started = try await RunStarting(
                journal: journal, selection: making.selection, open: open, takeOver: takeOver
            ).start(
                name, approved: approvals.stages
            ) { run in
                run == id ? snapshot : try making.snapshot(for: run, quiet: true)
            }
            for note in approvals.notes { Notices.say("note: \(note)") }
            return started
        }
    }
}
