import Foundation
import Synchronization

/// The whole table, and what must hold of it.
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
    private var rows: [String: Row] = [:]
    private var broken: [String] = []

    init(nullTrials: Int, trials: Int, rates: [Int]) {
        self.nullTrials = nullTrials
        self.trials = trials
        self.rates = rates
    }

    static let rules = [
        "sequential", "pass", "Flagger 1", "Flagger 5", "Flagger 10", "Flagger tuned", "Argo, documented",
        "Argo, 1 m, limit 3", "Kayenta, 5 m", "SPRT, all known",
    ]

    /// Prints every row as it comes; true when everything that must hold does.
    mutating func run() -> Bool {
        for rate in rates {
            var tuned = 31
            for scenario in scenarios {
                let count = scenario.isNull || scenario.isAtMargin ? nullTrials : trials
                let start = ContinuousClock.now
                let results = Self.trials(scenario, rate: rate, count: count)
                if scenario.name == "null" {
                    tuned =
                        (1...30).first { k in Self.row(results, rule: "Flagger \(k)").detected <= 0.01 } ?? 30
                }
                Self.say("\n\(rate)/s, \(scenario.name), \(count) trials, \(ContinuousClock.now - start)")
                for rule in Self.rules {
                    let row = Self.row(results, rule: rule == "Flagger tuned" ? "Flagger \(tuned)" : rule)
                    guard rule != "SPRT, all known" || row.detected.isFinite else { continue }
                    rows["\(rate)|\(scenario.name)|\(rule)"] = row
                    Self.say("  " + row.text(rule == "Flagger tuned" ? "Flagger tuned (\(tuned))" : rule))
                }
            }
            check(rate)
        }
        Self.say("\n" + (broken.isEmpty ? "everything holds" : "does not hold:\n  " + broken.joined(separator: "\n  ")))
        return broken.isEmpty
    }

    /// Prints at once, also into a file.
    private static func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }

    private mutating func check(_ rate: Int) {
        func row(_ scenario: String, _ rule: String) -> Row? { rows["\(rate)|\(scenario)|\(rule)"] }
        func expect(_ holds: Bool, _ what: String) { if !holds { broken.append("\(rate)/s: \(what)") } }
        for scenario in scenarios where scenario.isNull && !scenario.isSticky {
            let stopped = row(scenario.name, "sequential")?.detected ?? 1
            // Of 2000 trials of a rule that stops exactly 1 %, 1 in 40 stop more than 1.45 %.
            let chance = 2 * (0.01 * 0.99 / Double(nullTrials)).squareRoot()
            expect(stopped <= 0.01 + chance, "\(scenario.name): a good version is stopped in \(stopped)")
        }
        for name in ["err@margin", "lat@margin"] {
            guard let passed = row(name, "pass")?.detected else { continue }
            expect(passed <= 0.05, "\(name): wrongly passed in \(passed)")
        }
        if rate == 50, let seconds = row("null", "pass")?.medianSeconds {
            expect(seconds <= 150, "a healthy green passes after \(seconds) s")
        }
        guard let ours = row("err +5pt", "sequential"), let flagger = row("err +5pt", "Flagger 5"),
            let best = row("err +5pt", "SPRT, all known")
        else { return }
        expect(
            ours.medianFailed <= flagger.medianFailed / 10,
            "+5 pt: \(ours.medianFailed) failed requests, Flagger's five checks \(flagger.medianFailed)")
        expect(
            ours.medianSeconds <= 2 * best.medianSeconds,
            "+5 pt: \(ours.medianSeconds) s, and the best is \(best.medianSeconds)")
    }

    /// Trials on all cores; the same whatever their number.
    private static func trials(_ scenario: Scenario, rate: Int, count: Int) -> [[Trial.Result]] {
        let results = Mutex(Array(repeating: [Trial.Result](), count: count))
        let index = UInt64(Scenario.all.firstIndex { $0.name == scenario.name } ?? 0)
        DispatchQueue.concurrentPerform(iterations: count) { number in
            let seed = UInt64(rate) << 40 | index << 32 | UInt64(number)
            let result = Trial(scenario, rate: Double(rate), seed: seed).results
            results.withLock { $0[number] = result }
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
