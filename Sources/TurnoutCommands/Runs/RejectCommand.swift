internal import ArgumentParser
internal import RolloutEngine

/// `turnout reject`: rejects a stage.
struct RejectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reject",
        abstract: "Reject the stage that a run is waiting to start, so that the run rolls back.",
        discussion: """
            The run rolls back to the traffic that was observed at its start, unless the stage has `on_failure: hold`.

            EXAMPLES:
              turnout reject --resume --reason "the canary's latency"
              turnout reject safe-rollout-1 --stage cut-over
            """)

    @OptionGroup var decision: DecisionOptions

    func run() async throws { try await decision.decide(.reject) }
}
