internal import ArgumentParser
internal import PlaybookSyntax
internal import RolloutEngine
internal import RolloutService
internal import Rollouts

/// `turnout skip`: goes on without a stage, or counts it as done.
struct SkipCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "skip",
        abstract: "Go on without a stage, or count it as done by hand.",
        discussion: """
            Both are recorded with who and why. A stage that acts now is let finish first.

            EXAMPLES:
              turnout skip --reason "tested by hand" --succeeded --resume
              turnout skip safe-rollout-1 --stage mirror --reason "no budget for it"
            """)

    @Argument(
        help: "The run; without it, the only one that has not ended.",
        completion: .custom { _, _, _ in Completions.unfinishedRuns() })
    var run: String?

    @Option(
        help: "The stage; without it, the one that is under way or next.",
        completion: .custom { _, _, _ in Completions.stages() })
    var stage: String?

    @Option(help: "Why, for the record.")
    var reason: String

    @Flag(help: "Count the stage as done, since you have seen to it by hand.")
    var succeeded = false

    @Flag(help: "Go on with the run, if no other process works on it.")
    var resume = false

    @OptionGroup var options: RunOptions

    func validate() throws {
        guard reason.contains(where: { !$0.isWhitespace }) else { throw ValidationError("--reason must say why") }
    }

    func run() async throws {
        let status = try await withService { service in
            let id = try service.run(run, wanted: "under way") { !$0.status.isEnded }.id
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
