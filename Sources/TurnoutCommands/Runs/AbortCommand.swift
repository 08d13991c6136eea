internal import ArgumentParser
internal import RolloutEngine
internal import RolloutService
internal import Rollouts

/// `turnout abort`: rolls a run back and ends it.
struct AbortCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "abort",
        abstract: "Roll a run back and end it.",
        discussion: """
            Restores the traffic that was observed when the run started; the run ends as aborted once that is \
            observed. If another process is working on the run, that process carries it out. A run that has failed or \
            ended early and has left traffic changed can still be rolled back.

            EXAMPLES:
              turnout abort
              turnout abort safe-rollout-1 --reason "wrong model" --wait
            """)

    @Argument(
        help: "The run. Default: the only one that has not ended.",
        completion: .custom { _, _, _ in Completions.runs() })
    var run: String?

    @Option(help: "The reason, for the record.")
    var reason: String?

    @OptionGroup var options: RunOptions

    func run() async throws {
        let status = try await withService { service in
            let id = try service.run(run, wanted: "unfinished") { !$0.status.isEnded }.id
            let (outcome, status) = try await options.perform(on: service) { [reason] work in
                try await service.abort(id, reason: reason, work)
            }
            guard case .handedOver(let holder) = outcome else { return status }
            guard !options.wait else { return try await options.follow(id, on: service) }
            let who = "process \(holder.process) on \(holder.host) is working on \(id)"
            Notices.say(
                holder.silent > LeaseHolder.patience
                    ? "\(who), and has been silent for \(holder.silent.short); next: turnout resume \(id) --take-over"
                    : "\(who) and rolls it back; follow it with `turnout status \(id) --watch`")
            try options.summarize(id, on: service)
            return status
        }
        try status.leave()
    }
}
