import RolloutStatistics
import Testing

@Suite("Sequential test") struct SequentialTestTests {
    private let specification = AnalysisSpecification(longest: 1800, metrics: [.errors(ErrorLimits())])

    private func gate() -> SequentialTest {
        var evidence = Evidence()
        evidence.observeControl(Reading.Counts(requests: 13_500, errors: 68))
        return SequentialTest(specification, design: .live(weight: 0.1), evidence: evidence)
    }

    private func reading(errors: Int) -> Reading {
        Reading(
            control: Reading.Counts(requests: 45), candidate: Reading.Counts(requests: 5, errors: errors))
    }

    @Test("A green that fails much more is a fail, with what was measured against what")
    func fail() throws {
        var gate = gate()
        var verdicts: [Verdict] = []
        for second in 1...10 { verdicts.append(gate.read(reading(errors: 2), at: Double(second))) }
        let verdict = try #require(verdicts.first { $0.decision == .fail })
        #expect(verdict.metric == "errors")
        #expect(verdict.candidate.errors == verdict.candidate.requests * 2 / 5)
        #expect(verdict.log10E >= 2)
        #expect(verdict.measurements.first?.candidate == 0.4)
    }

    @Test("A green that does not fail passes, and not before the shortest time")
    func pass() throws {
        var gate = gate()
        var second = 0.0
        var verdict = gate.read(reading(errors: 0), at: 1)
        while verdict.decision == .inconclusive, !verdict.isOver {
            second += 1
            verdict = gate.read(reading(errors: 0), at: 1 + second)
        }
        #expect(verdict.decision == .pass)
        #expect(verdict.seconds > 20 && verdict.seconds < 300)
    }

    @Test("Without data there is no pass")
    func noData() {
        var gate = gate()
        for second in 1...1800 {
            let verdict = gate.read(Reading(), at: Double(second))
            #expect(verdict.decision == .inconclusive)
            #expect(verdict.isOver == (second == 1800))
        }
    }
}
