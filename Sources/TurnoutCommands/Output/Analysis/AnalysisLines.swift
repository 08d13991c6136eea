internal import RolloutEngine
internal import RolloutStatistics
internal import Rollouts

/// The evidence of a run as a live tree shows it: what was measured against what limit, and bars of evidence against
/// and for the candidate.
struct AnalysisLines {
    var style: Style
    var columns: Int

    func lines(of analysis: AnalysisRecord) -> [String] {
        guard let verdict = analysis.verdict else { return [] }
        let arms = analysis.arms
        var head = "evidence \(arms.candidate): \(verdict.candidate.words)"
        if let control = arms.control { head += "; \(control): \(verdict.control.words)" }
        var table = Table(.init(""), .init(""), .init(""), .init(""))
        table.rows = verdict.measurements.map { row(of: $0, arms) }
        let troubles = (analysis.troubles ?? []).flatMap { $0.hanging(behind: "  ", width: columns) }
        return head.hanging(behind: "", width: columns)
            + table.lines(style, width: max(columns - 2, 40)).map { "  " + $0 } + troubles.map { style($0, .yellow) }
    }

    private func row(of measurement: Measurement, _ arms: AnalysisArms) -> [Table.Cell] {
        let values = [
            measurement.candidate.map { measurement.text($0) },
            measurement.control.map { "\(arms.control?.text ?? "") \(measurement.text($0))" },
            measurement.limit.map { "limit \(measurement.text($0))" },
        ].compactMap(\.self)
        let harm = measurement.isHarmful ? Table.Cell("fails", .red) : bar(measurement.harm, "against", .red)
        let safety = measurement.isSafe ? Table.Cell("passes", .green) : bar(measurement.safety, "for", .green)
        return [Table.Cell(measurement.title), Table.Cell(values.joined(separator: ", ")), harm, safety]
    }

    private func bar(_ level: Measurement.Level?, _ word: String, _ tint: Style.Tint) -> Table.Cell {
        guard let level else { return Table.Cell("") }
        return Table.Cell("\(word) \(TrafficBar(width: 8).text(level.percent))|", level.percent > 0 ? tint : .dim)
    }
}
