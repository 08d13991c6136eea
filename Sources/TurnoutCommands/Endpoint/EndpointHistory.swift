internal import ArgumentParser
internal import RolloutEngine
internal import Rollouts

/// Lists every change that was asked of an endpoint.
struct EndpointHistory: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "List every change that was asked of an endpoint.",
        discussion: """
            By whom, with which idempotency key, and whether it had an effect. An endpoint that is gone must be named.

            EXAMPLES:
              turnout endpoint history
              turnout endpoint history my-endpoint --json | jq '.[] | select(.had_effect)'
            """)

    @OptionGroup var arguments: EndpointArguments

    func run() async throws {
        let (name, entries) = try await arguments.with(.look, mayBeGone: true) { open, name in
            let entries = try await open.history(of: name)
            if entries.isEmpty { _ = try arguments.endpoint(among: try await open.endpoints()) }
            return (name, entries)
        }
        guard !entries.isEmpty || arguments.options.json else {
            StandardOutput.shared.line("Nothing was asked of \(name) yet.")
            return
        }
        if arguments.options.json {
            StandardOutput.shared.line(try JSONText.pretty(entries))
        } else {
            let terminal = Terminal.standardOutput
            let width = terminal.isInteractive ? terminal.columns : Int.max
            StandardOutput.shared.line(Self.table(entries).lines(terminal.style, width: width).joined(separator: "\n"))
        }
    }

    static func table(_ entries: [HistoryLine]) -> Table {
        var table = Table(
            .init("#", rightAligned: true), .init("TIME"), .init("RUN"), .init("STAGE"), .init("CHANGE"),
            .init("OUTCOME"), .init("EFFECT"), .init("KEY"))
        table.rows = entries.map { entry in
            [
                Table.Cell("\(entry.number)", .dim), Table.Cell(entry.at.moment.short),
                Table.Cell(entry.run), Table.Cell(entry.stage), Table.Cell(entry.change),
                Table.Cell(entry.outcome.rawValue, entry.outcome.tint), Table.Cell(entry.hadEffect ? "yes" : "no"),
                Table.Cell(entry.key + (entry.reason.map { "  (\($0))" } ?? ""), .dim),
            ]
        }
        return table
    }
}

extension HistoryLine.Outcome {
    fileprivate var tint: Style.Tint? {
        switch self {
        case .accepted: .green
        case .repeated: .dim
        case .refused, .fenced: .red
        case .busy: .yellow
        }
    }
}
