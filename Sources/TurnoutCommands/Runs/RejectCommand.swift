internal import ArgumentParser
internal import RolloutEngine

/// `turnout reject`: a person's no.
struct RejectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reject",
        abstract: "Say no to the stage that a run waits with, so that it is rolled back.",
        discussion: """
            The run rolls back to the traffic that was observed at its start, unless the stage says `on_failure: hold`.

            EXAMPLES:
              turnout reject --resume --reason "the canary's latency"
              turnout reject safe-rollout-1 --stage cut-over
            """)

    @OptionGroup var decision: DecisionOptions

    func run() async throws { try await decision.decide(.reject) }
}
