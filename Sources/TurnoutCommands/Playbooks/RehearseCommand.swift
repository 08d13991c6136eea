internal import ArgumentParser
internal import RolloutEngine
internal import RolloutService
internal import Rollouts
internal import Synchronization

/// `turnout rehearse`: runs a whole playbook on a private simulated endpoint.
struct RehearseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rehearse",
        abstract: "Run a whole playbook on a private simulated endpoint, in virtual time.",
        discussion: """
            The same machine as for a real run executes every stage in virtual time: hours pass at once. Approvals are \
            given when they are required, and programs are not run. Prints the timeline, the traffic over time, the \
            outcomes of requests, and how long the rollout would take. The same seed gives the same rehearsal.

            If the playbook has an analysis, the rehearsal is repeated with typical regressions of the candidate, and \
            shows which stage would catch each, after how long, and how many live requests would be affected.

            A playbook that defines its endpoint starts without one. Any other playbook, and one that uses `live` or \
            `candidate`, starts on a copy of the present endpoint. Nothing is changed. The exit status is that of \
            `turnout run`.

            EXAMPLES:
              turnout rehearse safe-rollout
              turnout rehearse safe-rollout --seed 7 --input canary=25 --json
            """)

    @Argument(
        help: ArgumentHelp("A name in Playbooks/, or a path.", valueName: "playbook"),
        completion: .custom { _, _, _ in Completions.playbooks() })
    var playbook: String

    @Option(
        help: ArgumentHelp("The random seed. Default: the playbook's.", valueName: "n"))
    var seed: UInt64?

    @OptionGroup(title: "Plan")
    var plan: PlanArguments

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let request = try plan.request(playbook)
        let timeline = Mutex(RehearsalTimeline())
        let (rehearsal, regressions) = try await withService(.preview) { service in
            try await service.rehearse(request, seed: seed, regressions: Regression.typical) { now, progress in
                timeline.withLock { $0.note(progress, at: now) }
            }
        }
        var report = RehearsalReport(rehearsal, timeline.withLock { $0 })
        report.regressions = regressions.map { RegressionReport($0, RehearsalReport($1, RehearsalTimeline())) }
        try output.show(report) { terminal in
            RehearsalText(style: terminal.style, columns: terminal.columns).lines(report).joined(separator: "\n")
        }
        let status = report.status.exitStatus
        guard status == .finished else { throw ExitCode(status.rawValue) }
    }
}
