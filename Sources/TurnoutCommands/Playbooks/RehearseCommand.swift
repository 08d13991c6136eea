internal import ArgumentParser
internal import Rollouts
internal import RolloutEngine
internal import SimulatedEndpoints

/// Runs a whole playbook on a simulated endpoint that nobody else sees.
struct RehearseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rehearse",
        abstract: "Run a whole playbook on a simulated endpoint of its own, at once.",
        discussion: """
            Every stage is done by the machine that runs do, in virtual time: hours pass at once. Approvals are given \
            as they are asked for, and programs are not run. Tells what happened when, the traffic at each moment, \
            what became of the requests, and how long it would take. The same seed gives the same rehearsal.

            Where the playbook has an analysis, it is rehearsed again for typical regressions of the new version: which \
            stage would catch each, after how long, and how many clients would notice.

            A playbook that defines its endpoint starts in an empty world; any other one, and one that asks what is \
            live, on a copy of the endpoint as it is now. Nothing is changed. Exits as `turnout run` would.

            EXAMPLES:
              turnout rehearse safe-rollout
              turnout rehearse safe-rollout --seed 7 --input canary=25 --json
            """)

    @Argument(
        help: ArgumentHelp("A name in Playbooks/, or a path.", valueName: "playbook"),
        completion: .custom { _, _, _ in Completions.playbooks() })
    var playbook: String

    @Option(
        help: ArgumentHelp("What chance is drawn from.", discussion: "Without it, the playbook's own.", valueName: "n"))
    var seed: UInt64?

    @OptionGroup(title: "Plan")
    var plan: PlanArguments

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let workspace = Workspace()
        let path = try PlaybookArgument(workspace: workspace).path(of: playbook)
        let selection = try plan.selection().asking(playbook: path)
        let making = try PlanMaking(path: path, selection: selection, arguments: plan)
        let id = RunID(playbook: try making.playbookName(), number: 1)
        let (snapshot, simulation) = try await making.looking(for: id, in: workspace).rehearsable(for: id)
        var settings = try SimulationSettings(simulation, of: snapshot.plan, kind: selection.kind)
        if let seed { settings.seed = seed }
        let isFresh =
            snapshot.plan.roles == nil && snapshot.plan.stages.contains { $0.skip == nil && $0.action.kind == .define }
        func rehearse(_ settings: SimulationSettings) async throws -> RehearsalReport {
            let store =
                isFresh
                ? MemoryStore() : try await copy(of: snapshot.plan.endpoint, settings, on: selection, in: workspace)
            let start = max(Rehearsal.date, store.time() ?? Rehearsal.date)
            return try await Rehearsal(snapshot: snapshot, settings: settings, store: store, start: start).perform()
        }
        var report = try await rehearse(settings)
        if let candidate = report.candidate {
            for regression in Regression.typical {
                var worse = settings
                regression.worsen(&worse.profiles[candidate, default: DeploymentProfile()])
                report.regressions.append(
                    RegressionReport(regression, try await rehearse(worse), candidate: candidate))
            }
        }
        if json {
            StandardOutput.shared.line(try JSONText.pretty(report))
        } else {
            let terminal = Terminal.standardOutput
            let text = RehearsalText(style: terminal.style, columns: terminal.columns)
            StandardOutput.shared.line(text.lines(report).joined(separator: "\n"))
        }
        let status = report.status.exitStatus
        guard status == .finished else { throw ExitCode(status.rawValue) }
    }

    /// The endpoint as it is now, in a world of its own.
    private func copy(
        of endpoint: Name, _ settings: SimulationSettings, on selection: BackendSelection, in workspace: Workspace
    ) async throws -> MemoryStore {
        guard selection.backend != SimulatedWorld.self else {
            return try SimulatedView(settings, in: workspace).copy(of: endpoint)
        }
        let observed = try await selection.open(.look, in: workspace).using { try await $0.backend.observe(endpoint) }
        return try await MemoryStore.resembling(observed, settings)
    }
}
