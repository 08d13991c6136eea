internal import RolloutEngine
internal import RolloutService
internal import Rollouts
internal import Support

/// Formats a rehearsal: the timeline, the traffic over time, the requests and the stages.
struct RehearsalText {
    var style: Style
    var columns: Int

    func lines(_ report: RehearsalReport) -> [String] {
        let head =
            "\(style.bold(report.playbook)) on a simulated endpoint \(style.bold(report.endpoint.text)), seed \(report.seed)"
        var lines = [head, ""] + timeline(report) + [""] + traffic(report)
        if !report.requests.isEmpty { lines += [""] + requests(report) }
        lines += [""] + stages(report)
        if let candidate = report.candidate, !report.regressions.isEmpty {
            lines +=
                [""] + RegressionText(style: style, columns: columns).lines(report.regressions, candidate: candidate)
        }
        for command in report.commandsNotRun {
            lines += ["", "not run in a rehearsal: \(command.printable)"]
        }
        for name in Set(report.queriesNotAsked).sorted() {
            lines += ["", "not queried in a rehearsal, and assumed to be within its limits: \(name.printable)"]
        }
        return lines + [""] + end(report)
    }

    private func timeline(_ report: RehearsalReport) -> [String] {
        var table = Table(.init("TIME"), .init("STAGE"), .init("WHAT"))
        table.rows = report.timeline.map { moment in
            [
                Table.Cell(Self.clock(moment.atSeconds), .dim), Table.Cell(moment.stage ?? ""),
                Table.Cell(moment.what, moment.tint),
            ]
        }
        return table.lines(style, width: columns)
    }

    private func traffic(_ report: RehearsalReport) -> [String] {
        let names = Set(report.traffic.flatMap { $0.traffic.deployments + $0.mirrorTraffic.deployments }).sorted()
        guard !names.isEmpty else { return ["No traffic was sent anywhere."] }
        // The columns for time, duration and mirror take about 40 characters.
        let width = min(max((columns - 40) / names.count - 8, 4), 20)
        var table = Table(.init("TRAFFIC AT"), .init("FOR", rightAligned: true))
        table.columns += names.map { Table.Column($0.text) } + [Table.Column("MIRROR")]
        table.rows = report.traffic.map { shares in
            var row = [
                Table.Cell(Self.clock(shares.atSeconds), .dim),
                Table.Cell(Interval(seconds: shares.durationSeconds).short),
            ]
            row += names.map { Table.Cell(share(of: $0, in: shares.traffic, width: width)) }
            return row + [Table.Cell(shares.mirrorTraffic.deployments.isEmpty ? "" : shares.mirrorTraffic.text)]
        }
        return table.lines(style, width: columns)
    }

    /// Formats a share, `90 █████████ `, or a change in progress, `90→100 ███`.
    private func share(of name: Name, in traffic: DesiredAndActual<Traffic>, width: Int) -> String {
        let (wanted, actual) = (traffic.wanted[name], traffic.actual[name])
        let number = wanted == actual ? "\(actual)" : "\(actual)→\(wanted)"
        return number.padded(to: 7) + TrafficBar(width: width).text(wanted: wanted, actual: actual)
    }

    private func requests(_ report: RehearsalReport) -> [String] {
        var table = Table(
            .init("REQUESTS TO"), .init("ANSWERED", rightAligned: true), .init("FAILED", rightAligned: true),
            .init("RATE", rightAligned: true), .init("P50", rightAligned: true), .init("P99", rightAligned: true),
            .init("MIRRORED", rightAligned: true), .init("DISAGREED", rightAligned: true))
        table.rows = report.requests.map { requests in
            [
                Table.Cell(requests.deployment.text), Table.Cell("\(requests.requests - requests.failed)"),
                Table.Cell("\(requests.failed)", requests.failed > 0 ? .yellow : nil),
                Table.Cell(percent(requests.failed, of: requests.requests)),
                Table.Cell(latencyText(requests.p50)),
                Table.Cell(latencyText(requests.p99)),
                Table.Cell(requests.mirrored.map { "\($0.pairs)" } ?? "–"),
                Table.Cell(requests.mirrored.map { "\($0.disagreed)" } ?? "–"),
            ]
        }
        return table.lines(style, width: columns)
    }

    private func stages(_ report: RehearsalReport) -> [String] {
        var table = Table(.init(""), .init("STAGE"), .init("TOOK", rightAligned: true), .init(""))
        table.rows = report.stages.map { stage in
            [
                Table.Cell(stage.status.icon, stage.status.tint), Table.Cell(stage.name),
                Table.Cell(stage.durationSeconds.map { Interval(seconds: $0).short } ?? ""),
                Table.Cell(stage.reason ?? "", .dim),
            ]
        }
        return table.lines(style, width: columns)
    }

    private func end(_ report: RehearsalReport) -> [String] {
        let reason = report.reason.map { ": \($0)" } ?? ""
        let words = report.status.words
        let took = Interval(seconds: report.durationSeconds).short
        return "\(words) after \(took), not counting the time for approvals\(reason)"
            .hanging(behind: "", width: columns)
            .enumerated().map { index, line in
                index == 0 ? style(words, report.status.tint) + line.dropFirst(words.count) : line
            }
    }

    private func percent(_ part: Int, of whole: Int) -> String {
        guard whole > 0 else { return "–" }
        let hundredths = part * 10_000 / whole
        let rest = hundredths % 100
        return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest) %"
    }

    private static func clock(_ seconds: Double) -> String { Interval(seconds: seconds).clockText }
}
