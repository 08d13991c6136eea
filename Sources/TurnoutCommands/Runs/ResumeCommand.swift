internal import ArgumentParser
internal import RolloutEngine
internal import RolloutService
internal import Rollouts

/// `turnout resume`: goes on with a run where it was left.
struct ResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Go on with a run where it was left.",
        discussion: """
            The run goes on with the playbook and the files as they were at its start. Where they were edited since, \
            the difference is shown, and used only with --adopt.

            EXAMPLES:
              turnout resume
              turnout resume safe-rollout-1 --take-over
              turnout resume safe-rollout-1 --restore
            """)

    @Argument(
        help: "The run; without it, the only one that has not ended.",
        completion: .custom { _, _, _ in Completions.runs() })
    var run: String?

    @Flag(help: "Take the place of a process that is alive, once it has been silent for 30 s.")
    var takeOver = false

    @Flag(help: "Use the edited playbook from here on; of a run held for drift, take the endpoint as it is.")
    var adopt = false

    @Flag(help: "Of a run held for drift: bring the endpoint back to what the run left.")
    var restore = false

    @Option(help: "Why, for the record.")
    var reason: String?

    @OptionGroup var options: RunOptions

    func validate() throws {
        if adopt, restore { throw ValidationError("--adopt and --restore exclude each other") }
    }

    func run() async throws {
        let status = try await withService { service in
            let id = try service.run(run, wanted: "under way") { !$0.status.isEnded }.id
            var resuming = ResumeOptions()
            (resuming.takeOver, resuming.adopts, resuming.restores, resuming.reason) = (
                takeOver, adopt, restore, reason
            )
            return try await options.perform(on: service) { [resuming] work in
                .end(try await service.resume(id, resuming, work))
            }.status
        }
        try status.leave()
    }
}
