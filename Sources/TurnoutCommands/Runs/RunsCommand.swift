internal import ArgumentParser
internal import RolloutEngine
internal import RolloutService
internal import Rollouts

/// `turnout runs`: lists all runs, and the processes that work on them.
struct RunsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runs",
        abstract: "List the runs, newest first, and the processes that hold their endpoints.",
        discussion: """
            EXAMPLES:
              turnout runs
              turnout runs --json
            """)

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let entries = try await withService(.read) { service in
            try service.runs().map(Entry.init)
        }
        try output.show(entries) { Self.text(entries, now: SystemClock().now(), terminal: $0) }
    }

    /// A run in the list.
    struct Entry: Encodable {
        struct Holder: Encodable {
            var process: Int
            var host: String
            var epoch: Int
            var isAlive: Bool
            /// Seconds since the process last renewed its lease.
            var silentSeconds: Double

            private enum CodingKeys: String, CodingKey {
                case process, host, epoch
                case isAlive = "alive"
                case silentSeconds = "silent_seconds"
            }
        }

        var run: RunID
        /// As in ``RunReport/status``.
        var status: String
        var endpoint: Name
        var backend: String
        /// The stage that is under way or next; null if all are done.
        var stage: String?
        /// The number of stages that are done.
        var position: Int
        var stages: Int
        var started: JSONTime
        var ended: JSONTime?
        var reason: String?
        /// The process that holds the endpoint for this run.
        var holder: Holder?
        fileprivate var tint: Style.Tint
        /// The latest time in the stages' records.
        private var latest: Timestamp?

        private enum CodingKeys: CodingKey {
            case run, status, endpoint, backend, stage, position, stages, started, ended, reason, holder
        }

        init(_ listed: ListedRun) {
            let (record, stages, holder) = (listed.record, listed.stages, listed.holder)
            run = record.id
            let isInterrupted = record.status == .running && holder?.isAlive != true
            status = listed.isOverdue ? "expired" : isInterrupted ? "interrupted" : record.status.rawValue
            tint = isInterrupted || listed.isOverdue ? .yellow : record.status.tint
            endpoint = record.endpoint
            backend = record.backend
            stage = stages.indices.contains(record.position) ? stages[record.position].name : nil
            position = record.position
            self.stages = stages.count
            started = JSONTime(record.started)
            ended = record.ended.map(JSONTime.init)
            reason = record.reason
            latest = stages.latestMoment
            self.holder = holder.map {
                Holder(
                    process: $0.process, host: $0.host, epoch: $0.epoch, isAlive: $0.isAlive,
                    silentSeconds: $0.silent.seconds)
            }
        }

        /// Returns how long the run took, or has lasted so far.
        func duration(at now: Timestamp) -> String {
            let length = (ended?.moment ?? max(now, latest ?? now)) - started.moment
            return length < .zero ? "" : length.short
        }
    }

    static func text(_ entries: [Entry], now: Timestamp, terminal: Terminal) -> String {
        guard !entries.isEmpty else { return "There are no runs yet; `turnout run PLAYBOOK` starts one." }
        var table = Table(
            .init("RUN"), .init("STATUS"), .init("ENDPOINT"), .init("STAGE"), .init("STARTED"),
            .init("TOOK", rightAligned: true))
        let backends = Set(entries.map(\.backend))
        table.rows = entries.map { entry in
            [
                Table.Cell(entry.run.description, .bold), Table.Cell(entry.status.words, entry.tint),
                Table.Cell((backends.count > 1 ? "\(entry.backend)/" : "") + entry.endpoint.text),
                Table.Cell(entry.place), Table.Cell(String(entry.started.moment.short.prefix(16))),
                Table.Cell(entry.duration(at: now)),
            ]
        }
        let width = terminal.isInteractive ? terminal.columns : Int.max
        let lines = table.lines(terminal.style, width: width)
        return (lines.prefix(1) + zip(lines.dropFirst(), entries).flatMap { [$0] + $1.holderLines(terminal.style) })
            .joined(separator: "\n")
    }
}

extension RunsCommand.Entry {
    /// The stage that is under way or next: `7/8 cut-over`.
    fileprivate var place: String {
        guard let stage else { return "\(stages)/\(stages)" }
        return "\(min(position + 1, stages))/\(stages) \(stage)"
    }

    /// Lines below the run with the process that holds the endpoint.
    fileprivate func holderLines(_ style: Style) -> [String] {
        guard let holder else { return [] }
        return ["  held by " + style(holder.words, holder.isAlive ? nil : .yellow)]
    }

}

extension RunsCommand.Entry.Holder {
    /// For example `process 123 on vm, silent for 14s` or `process 123 on vm, which is dead`.
    fileprivate var words: String {
        guard isAlive else { return "process \(process) on \(host), which is dead" }
        let silence = Interval(milliseconds: Int64(silentSeconds * 1000))
        return "process \(process) on \(host)" + (silence >= .seconds(10) ? ", silent for \(silence.short)" : "")
    }
}
