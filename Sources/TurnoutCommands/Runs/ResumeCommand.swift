internal import ArgumentParser
internal import RolloutEngine
internal import RolloutService
internal import Rollouts

/// `turnout resume`: continues a run where it stopped.
struct ResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Continue a run where it stopped.",
        discussion: """
            The run continues with the playbook and the files as they were when it started. If they have been edited, \
            the differences are shown, but used only with --adopt.

            EXAMPLES:
              turnout resume
              turnout resume safe-rollout-1 --take-over
              turnout resume safe-rollout-1 --restore
            """)

    @Argument(
        help: "The run. Default: the only one that has not ended.",
        completion: .custom { _, _, _ in Completions.runs() })
    var run: String?

    @Flag(help: "Take over from a process that is alive but has been silent for 30 s.")
    var takeOver = false

    @Flag(help: "Use the edited playbook from now on, or accept the drift if the run is held for drift.")
    var adopt = false

    @Flag(help: "If the run is held for drift, restore the endpoint to what the run left.")
    var restore = false

    @Option(help: "The reason, for the record.")
    var reason: String?

    @OptionGroup var options: RunOptions

    func validate() throws {
        if adopt, restore { throw ValidationError("--adopt and --restore cannot be combined") }
    }

    func run() async throws {
        let status = try await withService { service in
            let id = try service.run(run, wanted: "unfinished") { !$0.status.isEnded }.id
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
