internal import ArgumentParser
internal import RolloutEngine
internal import Rollouts
internal import SimulatedEndpoints

/// Lists every change that was asked of an endpoint.
struct EndpointHistory: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "List every change that was asked of an endpoint.",
        discussion: """
            By whom, with which idempotency key, and whether it had an effect. An endpoint that is gone must be named.

            EXAMPLES:
              turnout endpoint history
              turnout endpoint history my-endpoint --json | jq '.[] | select(.had_effect)'
            """)

    @OptionGroup var arguments: EndpointArguments

    func run() throws {
        let (view, name) = try arguments.look(mayBeGone: true)
        let entries = try view.backend.history(of: name)
        guard !entries.isEmpty || arguments.options.json else {
            _ = try arguments.look()
            print("Nothing was asked of \(name) yet.")
            return
        }
        if arguments.options.json {
            print(try JSONText.pretty(entries.map(Entry.init)))
        } else {
            let terminal = Terminal.standardOutput
            let width = terminal.isInteractive ? terminal.columns : Int.max
            print(Self.table(entries).lines(terminal.style, width: width).joined(separator: "\n"))
        }
    }

    struct Entry: Encodable {
        var number: Int
        var at: JSONTime
        var run: RunID
        var stage: String
        var attempt: Int
        var key: String
        var epoch: Int
        /// `traffic {blue: 90, green: 10}`.
        var change: String
        /// `accepted`, `repeated`, `refused`, `busy` or `fenced`.
        var outcome: String
        var reason: String?
        var hadEffect: Bool

        private enum CodingKeys: String, CodingKey {
            case number, at, run, stage, attempt, key, epoch, change, outcome, reason
            case hadEffect = "had_effect"
        }

        init(_ entry: HistoryEntry) {
            number = entry.number
            at = JSONTime(entry.at)
            run = entry.context.run
            stage = entry.context.stage
            attempt = entry.context.attempt
            key = entry.context.idempotencyKey
            epoch = entry.context.epoch
            change = entry.change.description
            (outcome, reason) = entry.outcome.words
            hadEffect = entry.hadEffect
        }
    }

    static func table(_ entries: [HistoryEntry]) -> Table {
        var table = Table(
            .init("#", rightAligned: true), .init("TIME"), .init("RUN"), .init("STAGE"), .init("CHANGE"),
            .init("OUTCOME"), .init("EFFECT"), .init("KEY"))
        table.rows = entries.map { entry in
            let (outcome, reason) = entry.outcome.words
            return [
                Table.Cell("\(entry.number)", .dim), Table.Cell(entry.at.short),
                Table.Cell("\(entry.context.run)"), Table.Cell(entry.context.stage), Table.Cell("\(entry.change)"),
                Table.Cell(outcome, entry.outcome.tint), Table.Cell(entry.hadEffect ? "yes" : "no"),
                Table.Cell(entry.context.idempotencyKey + (reason.map { "  (\($0))" } ?? ""), .dim),
            ]
        }
        return table
    }
}

extension HistoryEntry.Outcome {
    fileprivate var words: (word: String, reason: String?) {
        switch self {
        case .accepted: ("accepted", nil)
        case .repeated: ("repeated", nil)
        case .refused(let reason): ("refused", reason)
        case .busy(let reason): ("busy", reason)
        case .fenced(let reason): ("fenced", reason)
        }
    }

    fileprivate var tint: Style.Tint? {
        switch self {
        case .accepted: .green
        case .repeated: .dim
        case .refused, .fenced: .red
        case .busy: .yellow
        }
    }
}
