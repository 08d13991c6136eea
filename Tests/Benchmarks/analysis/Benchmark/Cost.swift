import Foundation
import RolloutStatistics

/// What a reading costs, and whether the state grows.
struct Cost {
    /// Five metrics' worth of evidence: errors with a hard limit, latency with a tolerance, disagreement, a query.
    static let specification = GateSpecification(
        longest: 1e9, warmUp: 30,
        metrics: [
            .errors(ErrorLimits(hardLimit: 0.5)), .latency(LatencyLimits(tolerance: 0.05)),
            .disagreement(DisagreementLimits()), .prometheus(PrometheusLimits(url: "u", query: "q", maximum: 1)),
        ])

    /// Reads `readings` seconds of a histogram of so many bins; microseconds a reading.
    static func measure(readings: Int, bins: Int) throws -> (microseconds: Double, grownBytes: Int, stateBytes: Int) {
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
        var gate = Gate(specification, design: .live(weight: 0.1), evidence: evidence)
        var fails = 0
        func read(_ range: Range<Int>) {
            for second in range where gate.read(samples[second & 255], at: Double(second)).decision == .fail {
                fails += 1
            }
        }
        read(1..<1000)
        let before = residentBytes()
        let state = try JSONEncoder().encode(gate).count
        let clock = ContinuousClock()
        let elapsed = clock.measure { read(1000..<(1000 + readings)) }
        return (
            Double(elapsed.components.attoseconds) / 1e12 / Double(readings)
                + Double(elapsed.components.seconds) * 1e6 / Double(readings),
            residentBytes() - before, max(state, try JSONEncoder().encode(gate).count)
        )
    }

    static func report(readings: Int) throws {
        for bins in [18, 60, 302] {
            let cost = try measure(readings: readings, bins: bins)
            print(
                "\(bins) bins: \((cost.microseconds * 100).rounded() / 100) µs a reading, "
                    + "memory grown by \(cost.grownBytes / 1024) KiB after \(readings), "
                    + "state \(cost.stateBytes) bytes of JSON")
        }
    }

    private static func residentBytes() -> Int {
        guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8),
            let pages = text.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
        else { return 0 }
        return pages * 4096
    }
}
