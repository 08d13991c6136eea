internal import ArgumentParser
internal import RolloutEngine
internal import RolloutService
internal import Rollouts

/// `turnout run`: starts a rollout, and works on it.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Start a rollout.",
        discussion: """
            The run keeps a copy of the playbook and of every file that it names. Every step is journaled, so that the \
            run can be killed at any moment and resumed.

            EXAMPLES:
              turnout run safe-rollout
              turnout run safe-rollout --approve all
              turnout run safe-rollout --input canary=5 --wait
              turnout run Playbooks/safe-rollout.yml --backend simulated:kubernetes --json

            Exit status: 0 succeeded, 1 failed, 10 rolled back, 11 waits for a person, 12 aborted, 13 another runner \
            holds the endpoint, 64 usage error, 65 invalid playbook, 74 state could not be written.
            """)

    @Argument(
        help: "A name in Playbooks/, or a path.",
        completion: .custom { _, _, _ in Completions.playbooks() })
    var playbook: String

    @OptionGroup var arguments: PlanArguments
    @OptionGroup var options: RunOptions

    @Option(help: ArgumentHelp("Approve a stage in advance, or all.", valueName: "stage|all"))
    var approve: [String] = []

    @Option(
        help: ArgumentHelp(
            "The plan ID from `turnout plan`; refuse to start if the plan or the endpoint has changed.",
            valueName: "hash@fingerprint"))
    var plan: String?

    @Flag(
        help: """
            Take over the endpoint from an unfinished run of another state folder. If a process is working on that run, it \
            must have been silent for 30 s.
            """)
    var takeOver = false

    func validate() throws {
        if let plan, PlanBinding(plan) == nil {
            throw ValidationError(
                "'\(plan)' is not a plan ID. Copy the value after \"plan:\" in the output of `turnout plan`.")
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
