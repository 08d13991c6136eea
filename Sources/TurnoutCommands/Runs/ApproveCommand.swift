internal import ArgumentParser
internal import RolloutEngine

/// `turnout approve`: approves a stage.
struct ApproveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "approve",
        abstract: "Approve the stage that a run is waiting to start.",
        discussion: """
            The decision applies only to this run, stage and attempt, and to the plan and the endpoint as shown to \
            you. You can decide in advance, and while no process is working on the run. A decision is used once, and \
            the first one counts.

            EXAMPLES:
              turnout approve --resume
              turnout approve safe-rollout-1 --stage cut-over --reason "the canary is clean"
            """)

    @OptionGroup var decision: DecisionOptions

    func run() async throws { try await decision.decide(.approve) }
}
