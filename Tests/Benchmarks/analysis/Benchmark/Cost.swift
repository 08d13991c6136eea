import Foundation
import RolloutStatistics

/// What a reading costs, and whether the state grows.
struct Cost {
    var microseconds: Double
    /// Of the process, after so many readings.
    var resident: [(readings: Int, bytes: Int)]
    var stateBytes: Int

    /// Five metrics' worth of evidence: errors with a hard limit, latency with a tolerance, disagreement, a query.
    static let specification = AnalysisSpecification(
        longest: 1e9, warmUp: 30,
        metrics: [
            .errors(ErrorLimits(hardLimit: 0.5)), .latency(LatencyLimits(tolerance: 0.05)),
            .disagreement(DisagreementLimits()), .prometheus(PrometheusLimits(url: "u", query: "q", maximum: 1)),
        ])

    /// Reads `readings` seconds of a histogram of so many bins; the time is that of the last ones.
    static func measure(readings: Int, bins: Int) throws -> Cost {
        var generator = Generator(seed: 1)
        let bounds = (1..<bins).map { 10 * pow(100, Double($0) / Double(bins)) }
        let conditionals = (1..<bins).map { 1 / Double(bins - $0 + 1) }
        func counts(_ requests: Int) -> Reading.Counts {
            var latencies = Array(repeating: 0, count: bins)
            generator.multinomial(requests, conditionals: conditionals, into: &latencies)
            return Reading.Counts(
                requests: requests, errors: generator.binomial(requests, 0.005), latencies: latencies)
        }
        let samples = (0..<256).map { _ in
            Reading(control: counts(450), candidate: counts(50), signals: ["prometheus": .value(0.5)])
        }
        var evidence = Evidence(latencyBounds: bounds)
        evidence.observeControl(counts(100_000))
        var gate = SequentialTest(specification, design: .live(weight: 0.1), evidence: evidence)
        var fails = 0
        func read(_ range: Range<Int>) {
            for second in range where gate.read(samples[second & 255], at: Double(second)).decision == .fail {
                fails += 1
            }
        }
        var result = Cost(microseconds: 0, resident: [], stateBytes: 0)
        var done = 1
        for count in Set([10_000, 100_000, readings]).sorted() where count <= readings {
            let elapsed = ContinuousClock().measure { read(done..<(count + 1)) }
            result.microseconds = (elapsed / Double(count + 1 - done)) / .microseconds(1)
            result.resident.append((count, try residentBytes()))
            done = count + 1
        }
        result.stateBytes = try JSONEncoder().encode(gate).count
        return result
    }

    /// Prints what readings of few, some and many bins cost; true when a reading takes at most 20 µs and memory is flat.
    static func report(readings: Int) throws -> Bool {
        var holds = true
        for bins in [18, 60, 302] {
            let cost = try measure(readings: readings, bins: bins)
            let memory = cost.resident.map { "\($0.bytes / 1024) KiB after \($0.readings)" }.joined(separator: ", ")
            let grown = (cost.resident.last?.bytes ?? 0) - (cost.resident.first?.bytes ?? 0)
            print(
                (cost.microseconds <= 20 ? "PASS" : "FAIL")
                    + String(format: "  %d bins: %.2f µs a reading, at most 20", bins, cost.microseconds))
            print(
                (grown <= 1 << 20 ? "PASS" : "FAIL")
                    + "  \(bins) bins: in memory, \(memory), at most 1 MiB more; state \(cost.stateBytes) bytes of JSON"
            )
            if cost.microseconds > 20 || grown > 1 << 20 { holds = false }
        }
        return holds
    }

    /// Of this process, in memory; 0 where the system does not tell.
    private static func residentBytes() throws -> Int {
        let path = "/proc/self/statm"
        guard FileManager.default.fileExists(atPath: path) else { return 0 }
        let text = try String(contentsOfFile: path, encoding: .utf8)
        return (text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * Int(getpagesize())
    }
}
