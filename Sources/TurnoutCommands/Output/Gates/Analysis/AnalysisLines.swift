internal import RolloutEngine
internal import RolloutStatistics
internal import Rollouts
internal import Support

/// Formats the evidence of an analysis for the live tree: measurements with their limits, and bars for the evidence of
/// harm and of safety.
struct AnalysisLines {
    var style: Style
    var columns: Int

    func lines(of analysis: AnalysisRecord) -> [String] {
        guard let verdict = analysis.verdict else { return [] }
        let arms = analysis.arms
        var head = "evidence \(arms.candidate): \(verdict.candidate.words)"
        if let control = arms.control { head += "; \(control): \(verdict.control.words)" }
        let rows = verdict.measurements.map { row(of: $0, arms) }
        let width = min(max(rows.map(\.title.count).max() ?? 0, Row.head.title.count), max(columns - 50, 14))
        let troubles = (analysis.troubles ?? []).flatMap { $0.hanging(behind: "  ", width: columns) }
        let table = ([Row.head] + rows).flatMap { $0.lines(title: width, columns, style) }
        return head.hanging(behind: "", width: columns) + table + troubles.map { style($0, .yellow) }
    }

    /// The measured values come last and may wrap, so that the evidence is always visible.
    private struct Row {
        var title: String
        var harm: Table.Cell
        var safety: Table.Cell
        var values: String

        static let head = Row(title: "", harm: .init("to a fail"), safety: .init("to a pass"), values: "measured")

        func lines(title width: Int, _ columns: Int, _ style: Style) -> [String] {
            let title = "  " + title.cut(to: width).padded(to: width) + "  "
            let cells = [harm, safety].map { $0.text.padded(to: 9) + "  " }
            let plain = title + cells.joined()
            let isHead = values == Row.head.values
            let tinted = zip([harm, safety], cells).map { style($1, isHead ? .dim : $0.tint) }.joined()
            // If there is no room next to the bars, the values go below them.
            guard columns - plain.count >= 20 else {
                guard !isHead else { return [(title + tinted).withoutTrailingSpaces] }
                return [(title + tinted).withoutTrailingSpaces] + wrapped(behind: "    ", columns)
            }
            return wrapped(behind: plain, columns).enumerated().map { index, line in
                let rest = String(line.dropFirst(plain.count))
                return index > 0 ? line : title + tinted + (isHead ? style.dim(rest) : rest)
            }
        }

        /// Wraps the values so that a quantity and its unit stay on one line.
        private func wrapped(behind head: String, _ columns: Int) -> [String] {
            let parts = values.split(separator: ", ").map { $0.replacing(" ", with: "\u{A0}") }
            return parts.joined(separator: ", ").hanging(behind: head, width: columns).map {
                $0.replacing("\u{A0}", with: " ")
            }
        }
    }

    private func row(of measurement: Measurement, _ arms: AnalysisArms) -> Row {
        let values = [
            measurement.candidate.map { "\(arms.candidate) \(measurement.text($0))" },
            measurement.control.map { "\(arms.control?.text ?? "") \(measurement.text($0))" },
            measurement.limit.map { "limit \(measurement.text($0))" },
        ].compactMap(\.self)
        return Row(
            title: measurement.test == .hardLimit ? "hard limit" : measurement.title,
            harm: measurement.isHarmful ? Table.Cell("fails", .red) : bar(measurement.harm, .red),
            safety: measurement.isSafe ? Table.Cell("passes", .green) : bar(measurement.safety, .green),
            values: values.isEmpty ? "nothing yet" : values.joined(separator: ", "))
    }

    /// Shows the evidence as a share of the threshold.
    private func bar(_ level: Measurement.Level?, _ tint: Style.Tint) -> Table.Cell {
        guard let level else { return Table.Cell("") }
        return Table.Cell(TrafficBar(width: 8).text(level.percent).padded(to: 8) + "|", level.percent > 0 ? tint : .dim)
    }
}
