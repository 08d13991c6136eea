internal import ArgumentParser
internal import FoundationEssentials
internal import RolloutEngine
internal import RolloutService
internal import Rollouts

/// `turnout plan`: shows what a run would do, and changes nothing.
struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Show what each stage of a playbook would change.",
        discussion: """
            Observes the endpoint, and applies every stage to a model of it: + creates, ~ changes, - deletes. Nothing \
            is changed, not even the state folder.

            The last line is the plan ID, which identifies the plan and the state of the endpoint. \
            `turnout run --plan` does not start if either has changed.

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

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let request = try plan.request(playbook)
        let (preview, snapshot) = try await withService(.preview) { try await $0.plan(request) }
        try output.show(PlanReport(preview, snapshot: snapshot)) { terminal in
            let token = PlanBinding(snapshot, Observation(preview.now))
            let lines = PlanText(style: terminal.style, columns: terminal.columns).lines(preview)
            return (lines + ["plan: \(token.text)"]).joined(separator: "\n")
        }
    }
}
