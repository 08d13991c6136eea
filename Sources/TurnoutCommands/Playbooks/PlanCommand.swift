internal import ArgumentParser
internal import FoundationEssentials
internal import RolloutEngine
internal import Rollouts
internal import SQLiteJournal

/// Shows what a run would do, and changes nothing.
struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Show what each stage of a playbook would change.",
        discussion: """
            Looks at the endpoint as it is now and plays every stage on a model of it: + creates, ~ changes, - \
            deletes. Nothing is changed, not even the state folder.

            The last line names the plan and the state that it was made on. A run that is given it does not start when \
            either has changed since.

            EXAMPLES:
              turnout plan safe-rollout
              turnout plan safe-rollout --input canary=25 --json
              turnout run safe-rollout --plan 0123456789ab@0123456789abcdef
            """)

    @Argument(
        help: ArgumentHelp("A name in Playbooks/, or a path.", valueName: "playbook"),
        completion: .custom { _, _, _ in Completions.playbooks() })
    var playbook: String

    @OptionGroup(title: "Plan")
    var plan: PlanArguments

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let workspace = Workspace()
        let terminal = Terminal.standardOutput
        let path = try PlaybookArgument(workspace: workspace).path(of: playbook)
        let selection = try plan.selection().asking(playbook: path)
        let making = try PlanMaking(path: path, selection: selection, arguments: plan)
        let id = try workspace.nextRunID(of: try making.playbookName())
        let snapshot = try await making.looking(for: id, in: workspace).snapshot(for: id)
        let preview = try await selection.open(.look, for: snapshot.plan, in: workspace).using { open in
            for obstacle in try await open.obstacles(to: snapshot.plan) { Notices.warn(obstacle) }
            return PlanPreview(
                of: snapshot.plan, on: try await open.backend.observe(snapshot.plan.endpoint), kind: selection.kind,
                durations: open.durations)
        }
        if json {
            StandardOutput.shared.line(try JSONText.pretty(PlanReport(preview, snapshot: snapshot)))
            return
        }
        let token = PlanBinding(snapshot, Observation(preview.now))
        let lines = PlanText(style: terminal.style, columns: terminal.columns).lines(preview)
        StandardOutput.shared.line((lines + ["plan: \(token.text)"]).joined(separator: "\n"))
    }
}

extension Workspace {
    /// True once a run was started here.
    var hasJournal: Bool { FileManager.default.fileExists(atPath: state + "/turnout.sqlite") }

    /// The number that the next run would get, without making a journal.
    func nextRunID(of playbook: String) throws -> RunID {
        guard hasJournal else { return RunID(playbook: playbook, number: 1) }
        let journal = try SQLiteJournal(folder: state, readOnly: true)
        let id = try journal.nextRunID(of: playbook)
        try journal.close()
        return id
    }
}
