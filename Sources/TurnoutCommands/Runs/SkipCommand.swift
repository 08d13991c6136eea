internal import ArgumentParser
internal import PlaybookSyntax
internal import RolloutEngine
internal import RolloutService
internal import Rollouts

/// `turnout skip`: skips a stage, or counts it as done.
struct SkipCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "skip",
        abstract: "Skip a stage, or count it as done.",
        discussion: """
            Both are recorded with the person and the reason. A stage that is under way finishes first.

            EXAMPLES:
              turnout skip --reason "tested by hand" --succeeded --resume
              turnout skip safe-rollout-1 --stage mirror --reason "no budget for it"
            """)

    @Argument(
        help: "The run. Default: the only one that has not ended.",
        completion: .custom { _, _, _ in Completions.unfinishedRuns() })
    var run: String?

    @Option(
        help: "The stage. Default: the one that is under way or next.",
        completion: .custom { _, _, _ in Completions.stages() })
    var stage: String?

    @Option(help: "The reason, for the record.")
    var reason: String

    @Flag(help: "Count the stage as done, because you have done it by hand.")
    var succeeded = false

    @Flag(help: "Resume the run, if no other process is working on it.")
    var resume = false

    @OptionGroup var options: RunOptions

    func validate() throws {
        guard reason.contains(where: { !$0.isWhitespace }) else { throw ValidationError("--reason must not be empty") }
    }

    func run() async throws {
        let status = try await withService { service in
            let id = try service.run(run, wanted: "unfinished") { !$0.status.isEnded }.id
            let (outcome, status) = try await options.perform(on: service) { [self] work in
                try await service.skip(id, stage: stage, isDone: succeeded, reason: reason, resume ? work : nil)
            }
            switch outcome {
            case .end: return status
            case .handedOver(let holder): return try await options.leave(id, to: holder, on: service, say: Notices.say)
            case .kept: return try await options.leave(id, to: nil, on: service, say: Notices.say)
            }
        }
        try status.leave()
    }
}
