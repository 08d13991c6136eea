internal import ArgumentParser
internal import RolloutEngine
internal import RolloutService
internal import Rollouts

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
        let request = try arguments.request(playbook)
        let start = StartOptions(approvals: approve, binding: plan.flatMap(PlanBinding.init), takeOver: takeOver)
        let status = try await withService { service in
            try await options.perform(on: service) { .end(try await service.start(request, with: start, $0)) }.status
        }
        try status.leave()
    }
}
