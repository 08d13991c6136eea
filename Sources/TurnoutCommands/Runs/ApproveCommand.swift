internal import ArgumentParser
internal import RolloutEngine

/// `turnout approve`: a person's yes.
struct ApproveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "approve",
        abstract: "Say yes to the stage that a run waits with.",
        discussion: """
            The decision is bound to the run, the stage, its attempt, the plan and the endpoint as you were shown it. \
            It may be given early, or while nothing runs; it is used once, and the first decision counts.

            EXAMPLES:
              turnout approve --resume
              turnout approve safe-rollout-1 --stage cut-over --reason "the canary is clean"
            """)

    @OptionGroup var decision: DecisionOptions

    func run() async throws { try await decision.decide(.approve) }
}
