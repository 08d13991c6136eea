import Testing

@testable import RolloutStatistics

@Suite("Bad readings") struct BadReadingTests {
    private let bounds: [Double] = [50, 100]

    private func gate(_ metrics: [Metric] = [.errors(ErrorLimits())]) -> SequentialTest {
        var evidence = Evidence(latencyBounds: bounds)
        evidence.observeControl(Reading.Counts(requests: 1000, errors: 5, latencies: [500, 400, 100]))
        return SequentialTest(
            AnalysisSpecification(longest: 1800, metrics: metrics), design: .live(weight: 0.1), evidence: evidence)
    }

    @Test(
        "Each is a finding of its own, and counts for nothing",
        arguments: [
            (Reading.Counts(requests: -5), ReadingFinding.negativeCount(of: "candidate", name: "requests", count: -5)),
            (
                Reading.Counts(requests: 5, errors: -1),
                .negativeCount(of: "candidate", name: "errors", count: -1)
            ),
            (
                Reading.Counts(requests: 5, errors: 6),
                .tooMany(of: "candidate", name: "errors", count: 6, limit: 5)
            ),
            (
                Reading.Counts(requests: .max),
                .countTooLarge(of: "candidate", name: "requests", count: .max)
            ),
            (
                Reading.Counts(requests: 5, latencies: [5]), .wrongBins(of: "candidate", count: 1, expected: 3)
            ),
            (
                Reading.Counts(requests: 5, latencies: [1, -1, 1]),
                .negativeCount(of: "candidate", name: "latencies", count: -1)
            ),
            (
                Reading.Counts(requests: 5, latencies: [4, .max, 1]),
                .tooMany(of: "candidate", name: "latencies", count: .max, limit: 5)
            ),
        ])
    func counts(_ counts: Reading.Counts, finding: ReadingFinding) {
        var gate = gate()
        let before = gate.evidence
        let verdict = gate.read(Reading(control: Reading.Counts(requests: 50), candidate: counts), at: 1)
        #expect(verdict.findings.first == finding)
        #expect(verdict.candidate.requests == 0)
        #expect(gate.evidence == before)
    }

    @Test("So are those of pairs")
    func pairs() {
        for (pairs, name) in [
            (Reading.PairCounts(pairs: 2, bothFailed: 2, onlyLiveFailed: 1), "failed"),
            (Reading.PairCounts(pairs: 2, compared: 3), "compared"),
            (Reading.PairCounts(pairs: 2, compared: 1, disagreed: 2), "disagreed"),
        ] {
            var gate = gate()
            guard case .tooMany(_, let found, _, _)? = gate.read(Reading(pairs: pairs), at: 1).findings.first else {
                Issue.record("\(pairs) has no finding")
                continue
            }
            #expect(found == name)
        }
    }

    @Test("A clock that goes back or jumps is a finding, and what was answered counts")
    func clocks() {
        var gate = gate()
        let reading = Reading(
            control: Reading.Counts(requests: 45), candidate: Reading.Counts(requests: 5))
        #expect(gate.read(reading, at: 10).findings.isEmpty)
        let back = gate.read(reading, at: 4)
        #expect(back.findings == [.clockWentBack(from: 10, to: 4)])
        #expect(back.seconds == 10 && back.candidate.requests == 10)
        guard case .clockWentBack(10, let time)? = gate.read(reading, at: .nan).findings.first else {
            Issue.record("no finding")
            return
        }
        #expect(time.isNaN)
        #expect(gate.read(reading, at: 1000).findings == [.clockJumped(from: 10, to: 1000)])
        #expect(gate.read(reading, at: 1000).findings.isEmpty)
    }

    @Test("Totals that go back are a finding; counting goes on from there")
    func totals() {
        var tracker = CounterTracker()
        func totals(_ requests: Int, _ errors: Int) -> Reading.Counts {
            Reading.Counts(requests: requests, errors: errors, latencies: [requests, 0])
        }
        #expect(tracker.increments(of: "a", totals: totals(100, 3)).counts == Reading.Counts())
        #expect(
            tracker.increments(of: "a", totals: totals(110, 4)).counts
                == Reading.Counts(requests: 10, errors: 1, latencies: [10, 0]))
        let restarted = tracker.increments(of: "a", totals: totals(7, 0))
        #expect(restarted.counts == Reading.Counts())
        #expect(restarted.findings.first == .counterWentBack(of: "a", name: "requests", from: 110, to: 7))
        #expect(tracker.increments(of: "a", totals: totals(9, 0)).counts.requests == 2)
        #expect(!tracker.increments(of: "a", totals: totals(.min, 0)).findings.isEmpty)
    }

    @Test("A share that is not the configured one is told once")
    func share() {
        var gate = gate()
        var told = 0
        for second in 1...200 {
            let reading = Reading(
                control: Reading.Counts(requests: 40), candidate: Reading.Counts(requests: 10))
            for case .shareDiffers(let measured, 0.1) in gate.read(reading, at: Double(second)).findings {
                #expect(measured == 0.2)
                told += 1
            }
        }
        #expect(told == 1)
    }

    @Test("Without latencies of blue before, that is told once, and they are learned from blue in the stage")
    func baseline() {
        var gate = SequentialTest(
            AnalysisSpecification(longest: 1800, metrics: [.latency(LatencyLimits())]), design: .live(weight: 0.1),
            evidence: Evidence(latencyBounds: bounds))
        let reading = Reading(
            control: Reading.Counts(requests: 45, latencies: [25, 15, 5]),
            candidate: Reading.Counts(requests: 5, latencies: [0, 0, 5]))
        #expect(gate.read(reading, at: 1).findings == [.noLatencyBaseline])
        #expect(gate.read(reading, at: 2).findings.isEmpty)
        #expect(gate.read(reading, at: 3).log10E == 0)
        #expect(gate.read(reading, at: 4).log10E > 0)
    }

    @Test("Numbers as large as there are overflow nothing")
    func extremes() {
        var gate = gate([.errors(ErrorLimits(hardLimit: 0.5)), .latency(LatencyLimits())])
        let most = 1 << 53
        for second in 1...3000 {
            let counts = Reading.Counts(requests: most, errors: most, latencies: [0, 0, most])
            let verdict = gate.read(Reading(control: counts, candidate: counts), at: Double(second))
            #expect(verdict.measurements.allSatisfy { $0.harm?.log10E.isNaN == false })
        }
        #expect(gate.read(Reading(), at: .greatestFiniteMagnitude).isOver)
    }
}
