internal import ArgumentParser
internal import PlaybookSyntax
internal import RolloutEngine
internal import RolloutService
internal import Rollouts

/// `turnout endpoint history`: lists every change that was requested of an endpoint.
struct EndpointHistory: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "List every change that was requested of an endpoint.",
        discussion: """
            Shows which run requested each change, its idempotency key, and whether it had an effect. A deleted \
            endpoint must be named.

            EXAMPLES:
              turnout endpoint history
              turnout endpoint history my-endpoint --json | jq '.[] | select(.had_effect)'
            """)

    @OptionGroup var arguments: EndpointArguments

    func run() async throws {
        let (name, entries) = try await arguments.with(.look, allowsDeleted: true) { endpoint in
            guard let history = endpoint.session as? any ChangeHistory else {
                throw CommandFailure(
                    .usage,
                    "the backend \(endpoint.selection.name) keeps no history; `turnout events` shows that of a run"
                )
            }
            let entries = try await history.history(of: endpoint.name).map { HistoryLine($0) }
            if entries.isEmpty {
                _ = try await endpoint.service.endpoint(arguments.name, on: history, endpoint.selection)
            }
            return (endpoint.name, entries)
        }
        try arguments.options.output.show(entries) { terminal in
            guard !entries.isEmpty else { return "No change of \(name) has been requested yet." }
            let width = terminal.isInteractive ? terminal.columns : Int.max
            return Self.table(entries).lines(terminal.style, width: width).joined(separator: "\n")
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
