internal import ArgumentParser
internal import RolloutEngine
internal import RolloutService
internal import Rollouts
internal import Synchronization

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
