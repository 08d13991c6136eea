import Foundation
import Synchronization

/// The whole table: every scenario at every rate, by every rule.
struct Table {
    /// What one rule did in all trials of one scenario.
    struct Row {
        var detected: Double
        /// Infinite for a rule that detects fewer than half.
        var medianSeconds: Double
        var p90Seconds: Double
        var medianFailed: Double
        var medianExposed: Double
    }

    var nullTrials: Int
    var trials: Int
    var rates: [Int]
    /// The scenarios that are run.
    var scenarios = Scenario.all
    private var rows: [Cell: Row] = [:]

    /// Where a row stands.
    struct Cell: Hashable {
        var rate: Int
        var scenario: String
        var rule: String

        init(_ rate: Int, _ scenario: String, _ rule: String) {
            self.rate = rate
            self.scenario = scenario
            self.rule = rule
        }
    }

    init(nullTrials: Int, trials: Int, rates: [Int]) {
        self.nullTrials = nullTrials
        self.trials = trials
        self.rates = rates
    }

    static let rules = [
        "sequential", "pass", "Flagger 1", "Flagger 5", "Flagger 10", "Flagger tuned", "Argo, documented",
        "Argo, 1 m, limit 3", "Kayenta, 5 m", "SPRT, all known",
    ]

    /// Prints every row as it comes, and then what must hold; true when all of it does.
    mutating func run() -> Bool {
        for rate in rates {
            var tuned = 30
            for scenario in scenarios {
                let count = scenario.isNull || scenario.isAtMargin ? nullTrials : trials
                let start = ContinuousClock.now
                let results = Self.trials(scenario, rate: rate, 0..<count)
                if scenario.name == "null" {
                    tuned = (1...30).first { Self.row(results, rule: "Flagger \($0)").detected <= 0.01 } ?? 30
                }
                Self.say("\n\(rate)/s, \(scenario.name), \(count) trials, \(ContinuousClock.now - start)")
                for rule in Self.rules {
                    let row = Self.row(results, rule: rule == "Flagger tuned" ? "Flagger \(tuned)" : rule)
                    guard rule != "SPRT, all known" || row.detected.isFinite else { continue }
                    rows[Cell(rate, scenario.name, rule)] = row
                    Self.say("  " + row.text(rule == "Flagger tuned" ? "Flagger tuned (\(tuned))" : rule))
                }
                if scenario.isNull, !scenario.isSticky { lookAgain(scenario, rate, results) }
            }
        }
        let criteria = rates.flatMap { Criterion.all(rate: $0, scenarios: scenarios, rows: rows) }
        Self.say("\n" + Summary(rates: rates, rows: rows).lines.joined(separator: "\n"))
        Self.say("\n" + criteria.map(\.line).joined(separator: "\n"))
        return criteria.allSatisfy { $0.result != .fails }
    }

    /// Takes ten times as many trials of a scenario in which so few stopped more good versions than may be stopped, so
    /// that these many tell whether that was chance.
    private mutating func lookAgain(_ scenario: Scenario, _ rate: Int, _ first: [[Trial.Result]]) {
        let cell = Cell(rate, scenario.name, "sequential")
        guard let stopped = rows[cell]?.detected, stopped > Criterion.falseAlarm else { return }
        let all = first + Self.trials(scenario, rate: rate, nullTrials..<(10 * nullTrials))
        let row = Self.row(all, rule: "sequential")
        rows[cell] = row
        Self.say("  " + row.text("of \(all.count) trials"))
    }

    /// Prints at once, also into a file.
    private static func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }

    /// Trials on all cores; the same whatever their number.
    private static func trials(_ scenario: Scenario, rate: Int, _ numbers: Range<Int>) -> [[Trial.Result]] {
        let results = Mutex(Array(repeating: [Trial.Result](), count: numbers.count))
        let index = UInt64(Scenario.all.firstIndex { $0.name == scenario.name } ?? 0)
        DispatchQueue.concurrentPerform(iterations: numbers.count) { offset in
            let seed = UInt64(rate) << 40 | index << 32 | UInt64(numbers.lowerBound + offset)
            let result = Trial(scenario, rate: Double(rate), seed: seed).results
            results.withLock { $0[offset] = result }
        }
        return results.withLock(\.self)
    }

    private static func row(_ trials: [[Trial.Result]], rule: String) -> Row {
        let results = trials.compactMap { $0.first { $0.rule == rule } }
        guard !results.isEmpty else {
            return Row(detected: .nan, medianSeconds: .nan, p90Seconds: .nan, medianFailed: .nan, medianExposed: .nan)
        }
        func quantile(_ values: [Double], _ level: Double) -> Double {
            let sorted = values.sorted()
            let place = level * Double(sorted.count - 1)
            let (low, high) = (sorted[Int(place)], sorted[min(Int(place) + 1, sorted.count - 1)])
            return low == high ? low : low + (place - place.rounded(.down)) * (high - low)
        }
        let seconds = results.map { $0.seconds.map(Double.init) ?? .infinity }
        return Row(
            detected: Double(results.count { $0.seconds != nil }) / Double(results.count),
            medianSeconds: quantile(seconds, 0.5), p90Seconds: quantile(seconds, 0.9),
            medianFailed: quantile(results.map { Double($0.failed) }, 0.5),
            medianExposed: quantile(results.map { Double($0.exposed) }, 0.5))
    }
}

extension Table.Row {
    func text(_ name: String) -> String {
        func column(_ value: Double, _ width: Int, digits: Int = 0) -> String {
            let text = value.isFinite ? String(format: "%.\(digits)f", value) : "–"
            return String(repeating: " ", count: max(width - text.count, 0)) + text
        }
        let padded = name + String(repeating: " ", count: max(22 - name.count, 0))
        return padded + column(detected * 100, 7, digits: 2) + " %  median" + column(medianSeconds, 6) + " s  p90"
            + column(p90Seconds, 6) + " s  failed" + column(medianFailed, 6) + "  exposed" + column(medianExposed, 8)
    }
}

extension Trial {
    /// What a rule did, and what it cost.
    struct Result {
        var rule: String
        var seconds: Int?
        var failed: Int
        var exposed: Int
    }

    var results: [Result] {
        var all = detections.map { ($0.key, $0.value) }
        all.append(("pass", pass))
        return all.map { rule, seconds in
            let end = seconds ?? Scenario.seconds
            return Result(rule: rule, seconds: seconds, failed: failed[end], exposed: exposed[end])
        }
    }
}
