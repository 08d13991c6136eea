import Foundation

/// Something that must hold of the table.
struct Criterion {
    enum Result: String {
        case holds = "PASS"
        case fails = "FAIL"
        /// Not even the test that knows everything can do it.
        case impossible = "----"
    }

    var result: Result
    var rate: Int
    var text: String

    /// Of good versions, how many may be stopped, and of those at the margin, how many may be passed.
    static let falseAlarm = 0.01
    static let wrongPass = 0.05

    var line: String { "\(result.rawValue)  \(rate)/s  \(text)" }

    /// What must hold at one rate, of the scenarios that were run.
    static func all(rate: Int, scenarios: [Scenario], rows: [Table.Cell: Table.Row]) -> [Criterion] {
        func row(_ scenario: String, _ rule: String) -> Table.Row? { rows[Table.Cell(rate, scenario, rule)] }
        func criterion(_ holds: Bool, _ text: String) -> Criterion {
            Criterion(result: holds ? .holds : .fails, rate: rate, text: text)
        }
        var all: [Criterion] = []
        for scenario in scenarios where scenario.isNull && !scenario.isSticky {
            guard let stopped = row(scenario.name, "sequential")?.detected else { continue }
            all.append(
                criterion(
                    stopped <= falseAlarm,
                    "\(scenario.name): a good version is stopped in \(percent(stopped)), at most 1 %"))
        }
        for scenario in scenarios where scenario.isAtMargin {
            guard let passed = row(scenario.name, "pass")?.detected else { continue }
            all.append(
                criterion(
                    passed <= wrongPass, "\(scenario.name): wrongly passed in \(percent(passed)), at most 5 %"))
        }
        if rate == 50, let seconds = row("null", "pass")?.medianSeconds {
            all.append(criterion(seconds <= 150, "null: half pass within \(number(seconds)) s, at most 150 s"))
        }
        guard let ours = row("err +5pt", "sequential"), let flagger = row("err +5pt", "Flagger 5"),
            let best = row("err +5pt", "SPRT, all known")
        else { return all }
        let failed =
            "err +5pt: found after \(number(ours.medianFailed)) failed requests, Flagger's five checks after "
            + "\(number(flagger.medianFailed)); at most a tenth"
        if best.medianFailed > flagger.medianFailed / 10 {
            let text = failed + ", which the best possible, \(number(best.medianFailed)), cannot do either"
            all.append(Criterion(result: .impossible, rate: rate, text: text))
        } else {
            all.append(criterion(ours.medianFailed <= flagger.medianFailed / 10, failed))
        }
        all.append(
            criterion(
                ours.medianSeconds <= 2 * best.medianSeconds,
                "err +5pt: found after \(number(ours.medianSeconds)) s, the best possible after "
                    + "\(number(best.medianSeconds)) s; at most twice as long"))
        return all
    }

    static func percent(_ part: Double) -> String { String(format: "%.2f %%", part * 100) }

    static func number(_ value: Double) -> String { value.isFinite ? String(format: "%.0f", value) : "–" }
}

/// The table in one line a rule, as the figures to hold are written.
struct Summary {
    var rates: [Int]
    var rows: [Table.Cell: Table.Row]

    private static let regressions = ["err +5pt", "err x5", "lat +10%"]
    private static let rules = ["sequential", "Flagger 5", "Flagger tuned", "Kayenta, 5 m", "SPRT, all known"]

    var lines: [String] {
        var lines = [
            "| rate | rule | good stopped | "
                + Self.regressions.map { "\($0): found, s / failed" }.joined(separator: " | ")
                + " | healthy green passes |", "|---|---|---|---|---|---|---|",
        ]
        for rate in rates {
            for rule in Self.rules {
                let cells = Self.regressions.map { text(of: rows[Table.Cell(rate, $0, rule)]) }
                let stopped = rows[Table.Cell(rate, "null", rule)].map { Criterion.percent($0.detected) } ?? "–"
                let pass = rule == "sequential" ? rows[Table.Cell(rate, "null", "pass")] : nil
                let passes = pass.map { Criterion.number($0.medianSeconds) + " s" } ?? "–"
                lines.append("| \(rate)/s | \(rule) | \(stopped) | \(cells.joined(separator: " | ")) | \(passes) |")
            }
        }
        return lines
    }

    private func text(of row: Table.Row?) -> String {
        guard let row else { return "–" }
        return String(format: "%.0f %%", row.detected * 100)
            + ", \(Criterion.number(row.medianSeconds)) / \(Criterion.number(row.medianFailed))"
    }
}
