internal import ArgumentParser
internal import PlaybookSyntax
internal import RolloutEngine
internal import RolloutService
internal import Rollouts

/// `turnout retry`: retries a held stage, or forks a new run from an ended one.
struct RetryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry",
        abstract: "Retry a held stage, or start a new run from where an ended run failed.",
        discussion: """
            A run that has ended is never changed. Instead, a new run is forked from it, in which earlier stages count \
            as done. The new run uses its parent's original playbook, or with --adopt the playbook on disk.

            EXAMPLES:
              turnout retry
              turnout retry safe-rollout-1 --from canary
              turnout retry safe-rollout-1 --adopt
            """)

    @Argument(
        help: "The run. Default: the held run, or an endpoint's latest run if it ended without success.",
        completion: .custom { _, _, _ in Completions.runs() })
    var run: String?

    @Option(help: ArgumentHelp("Fork a new run that begins with this stage.", valueName: "stage"))
    var from: String?

    @Option(help: "The reason, for the record.")
    var reason: String?

    @Flag(help: "Fork with the edited playbook; stages that count as done must be unchanged.")
    var adopt = false

    @Option(help: ArgumentHelp("Approve a stage of the new run in advance, or all.", valueName: "stage|all"))
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
            "--approve applies only to a new run, but \(record.id) continues; `turnout approve \(record.id) --stage "
                + "STAGE` approves its stages in advance")
    }
}
