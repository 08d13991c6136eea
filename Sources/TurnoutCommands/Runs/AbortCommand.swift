internal import ArgumentParser
internal import RolloutEngine
internal import Rollouts
internal import SQLiteJournal

/// `turnout abort`: rolls a run back and ends it.
struct AbortCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "abort",
        abstract: "Roll a run back and end it.",
        discussion: """
            Traffic goes back to what was observed at the run's start, and the run ends as aborted once that is \
            observed. Where another process works on the run, that process does it. A run that has failed or \
            ended early, and has left traffic otherwise than it was, can still be rolled back.

            EXAMPLES:
              turnout abort
              turnout abort safe-rollout-1 --reason "wrong model" --wait
            """)

    @Argument(
        help: "The run; without it, the only one that has not ended.",
        completion: .custom { _, _, _ in Completions.runs() })
    var run: String?

    @Option(help: "Why, for the record.")
    var reason: String?

    @OptionGroup var options: RunOptions

    func run() async throws {
        let workspace = Workspace()
        let status = try await workspace.withJournal { journal in
            try await abort(RunWork(workspace: workspace, journal: journal, options: options))
        }
        try status.leave()
    }

    private func abort(_ work: RunWork) async throws -> ExitStatus {
        let record = try RunSelection.run(run, in: work.journal, wanted: "under way") { !$0.status.isEnded }
        if record.canRollBack {
            guard try work.journal.isNewest(record) else {
                throw CommandFailure(
                    .usage,
                    "run \(record.id) has ended, and a later run has worked on its endpoint since: rolling back would undo that; "
                        + "`turnout endpoint traffic \(record.endpoint) --set NAME=PERCENT` moves clients by hand")
            }
        } else if record.status.isEnded {
            guard record.status == .aborted else {
                throw CommandFailure(
                    .usage, "run \(record.id) has ended (\(record.status.words)): nothing is left to abort")
            }
            return try work.tellEnd(of: record)
        }
        let request = Request(
            kind: .abort, planHash: record.planHash, by: .current(), at: SystemClock().now(), reason: reason)
        // A second abort that comes before the first was used says nothing new.
        if try !work.journal.pendingRequests(of: record.id).contains(where: { $0.kind == .abort }) {
            _ = try work.journal.submit(request, to: record.id) { _ in }
        }
        guard let holder = try work.journal.holder(of: record.id) else {
            return try await work.takeUp(record.id, note: "to abort it")
        }
        guard options.wait else {
            if holder.silent > SQLiteJournal.longestSilence {
                Notices.say(
                    "process \(holder.process) on \(holder.host) works on \(record.id), and has been silent for "
                        + "\(holder.silent.short); next: turnout resume \(record.id) --take-over")
                return .finished
            }
            Notices.say(
                "process \(holder.process) on \(holder.host) works on \(record.id) and rolls it back; "
                    + "follow it by `turnout status \(record.id) --watch`")
            return .finished
        }
        return try await work.follow(record.id)
    }
}
