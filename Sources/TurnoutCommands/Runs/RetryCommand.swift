internal import ArgumentParser
internal import PlaybookSyntax
internal import RolloutEngine
internal import RolloutService
internal import Rollouts

/// `turnout retry`: tries a held stage again, or forks a new run from an ended one.
struct RetryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry",
        abstract: "Try a held stage again, or start anew from where an ended run failed.",
        discussion: """
            A run that has ended is never changed: a new run is forked from it, which counts the stages before as done \
            in its parent. It uses the playbook as its parent kept it, or with --adopt as it is on disk.

            EXAMPLES:
              turnout retry
              turnout retry safe-rollout-1 --from canary
              turnout retry safe-rollout-1 --adopt
            """)

    @Argument(
        help: "The run; without it, the only one that is held, or the latest on its endpoint if it had no success.",
        completion: .custom { _, _, _ in Completions.runs() })
    var run: String?

    @Option(help: ArgumentHelp("Fork a new run that begins with this stage.", valueName: "stage"))
    var from: String?

    @Option(help: "Why, for the record.")
    var reason: String?

    @Flag(help: "Fork with the edited playbook; stages that count as done must be as they were.")
    var adopt = false

    @Option(help: ArgumentHelp("Approve a gate of the forked run ahead of time; or all.", valueName: "stage|all"))
    var approve: [String] = []

    @OptionGroup var options: RunOptions

    func run() async throws {
        let status = try await withService { service in
            let record = try service.runToRetry(run, isForked: from != nil)
            guard record.status.isEnded || from != nil else {
                try refuseApprovals(of: record)
                return try await options.perform(on: service) { [reason] work in
                    .end(try await service.retry(record.id, reason: reason, work))
                }.status
            }
            let fork = ForkOptions(from: from, adopts: adopt, approvals: approve)
            return try await options.perform(on: service) { .end(try await service.fork(record.id, fork, $0)) }.status
        }
        try status.leave()
    }

    private func refuseApprovals(of record: RunRecord) throws(CommandFailure) {
        guard !approve.isEmpty, record.status == .held else { return }
        throw CommandFailure(
            .usage,
            "--approve is for a run that is forked, and \(record.id) goes on: `turnout approve \(record.id) --stage "
                + "STAGE` approves its stages ahead of time")
    }
}
