import RolloutStatistics
import RolloutTesting
import Rollouts
import Testing

@testable import RolloutEngine
@testable import TurnoutCommands

@Suite("Evidence in words")
struct EvidenceTextTests {
    private func measurement(harm: Double, safety: Double, _ test: Measurement.Test = .errors) -> Measurement {
        Measurement(
            metric: test == .latency ? "latency" : "errors", test: test, harm: .init(log10E: harm, threshold: 2.9),
            isHarmful: harm >= 2.9, safety: .init(log10E: safety, threshold: 1.3), isSafe: safety >= 1.3,
            candidate: test == .latency ? 134.8 : 0.0507, control: test == .latency ? 142 : 0.0049,
            limit: test == .latency ? 177.5 : 0.0149)
    }

    private func analysis(_ measurements: [Measurement], _ decision: Verdict.Decision = .inconclusive) throws
        -> AnalysisRecord
    {
        let endpoint = EndpointSnapshot.sample(
            traffic: ["blue": 90, "green": 10], deployments: [.init(definition: .blue), .init(definition: .green)])
        let arms = try #require(AnalysisArms(on: endpoint, since: ["blue": 100]))
        var analysis = AnalysisRecord(
            of: AnalysisSpecification(longest: 300, metrics: [.errors(ErrorLimits())]), arms, stage: 0, alarmShares: 1,
            after: nil, at: Sample.start)
        analysis.verdict = Verdict(
            decision: decision, isOver: false, seconds: 42, metric: "errors", log10E: 3.3, measurements: measurements,
            candidate: .init(requests: 400, errors: 20), control: .init(requests: 3600, errors: 18), findings: [])
        return analysis
    }

    @Test(
        "Odds have two digits, and words where they are beyond counting",
        arguments: [
            (-0.4, "below 1:1"), (0, "1:1"), (0.9, "8:1"), (2.9, "790:1"), (3.3, "2000:1"), (7, "over a million:1"),
            (12, "over a billion:1"), (.infinity, "beyond all doubt"), (-.infinity, "below 1:1"),
        ])
    func odds(power: Double, words: String) {
        #expect(Measurement.Level(log10E: power, threshold: 2.9).odds == words)
    }

    @Test("A fail tells the odds, and from where on it is one")
    func reason() throws {
        let analysis = try analysis([measurement(harm: 3.3, safety: -4)], .fail)
        #expect(
            analysis.verdict?.reason(for: analysis)
                == "the analysis fails green after 42s: errors: green 5.07 %, blue 0.49 %, limit 1.49 %; evidence of "
                + "harm 2000:1 (fails at 790:1); green answered 400 requests, 20 of them failed")
        #expect(
            analysis.words == "green: 400 requests, 20 failed; blue: 3600 requests, 18 failed; errors: "
                + "evidence of harm 2000:1 (fails at 790:1), of safety below 1:1 (passes at 20:1)")
    }

    @Test("Whether a metric fails or passes is seen at every width", arguments: [50, 80, 100])
    func table(columns: Int) throws {
        let analysis = try analysis([
            measurement(harm: 3.3, safety: -4), measurement(harm: -1, safety: 2, .latency),
            measurement(harm: 1, safety: 0.4, .hardLimit),
        ])
        let lines = AnalysisLines(style: .plain, columns: columns).lines(of: analysis)
        for line in lines { #expect(line.count <= columns, "\(line)") }
        let text = lines.joined(separator: "\n")
        for word in ["fails", "passes", "to a fail", "to a pass", "177.5 ms"] { #expect(text.contains(word)) }
        try expectSnapshot(text, "evidence-\(columns)")
    }

    @Test("Keys of JSON are in snake case")
    func keys() throws {
        let text = try JSONText.line(AnalysisReport(try analysis([measurement(harm: 1, safety: 1)])))
        for key in ["\"log10_e\":", "\"is_harmful\":", "\"is_safe\":", "\"control_exposed\":"] {
            #expect(text.contains(key))
        }
        #expect(!text.contains("log10E") && !text.contains("isSafe"))
    }

    @Test("Evidence is reported again when it is nearer by an order of magnitude, or after minutes")
    func news() throws {
        var lines = EventLines(stages: ["canary"], style: .plain)
        func reported(_ harm: Double, after seconds: Int64) throws -> Int {
            let event = RunEvent.evidenceGathered(try analysis([measurement(harm: harm, safety: -1)]), course: [])
            return lines.lines(
                StampedEvent(at: Sample.start + .seconds(seconds), stage: 0, event: event), stage: "canary"
            )
            .count { $0.contains("evidence of") }
        }
        #expect(try reported(0.2, after: 0) == 1)
        #expect(try reported(0.8, after: 10) == 0)
        #expect(try reported(1.1, after: 20) == 1)
        #expect(try reported(0.9, after: 30) == 0)
        #expect(try reported(1.2, after: 40) == 0)
        #expect(try reported(1.2, after: 340) == 1)
    }
}
