import Testing

@testable import RolloutStatistics

@Suite("Hard limits, queries and both arms' ends") struct SignalTests {
    private let query = PrometheusLimits(name: "queue", url: "u", query: "q", maximum: 10, failuresAllowed: 2)

    private func reading(_ signal: Reading.Signal? = nil, errors: Int = 0) -> Reading {
        Reading(
            control: Reading.Counts(requests: 45), candidate: Reading.Counts(requests: 5, errors: errors),
            signals: signal.map { ["queue": $0] } ?? [:])
    }

    private func gate(_ metrics: [Metric], longest: Double = 60) -> SequentialTest {
        var evidence = Evidence()
        evidence.observeControl(Reading.Counts(requests: 10_000, errors: 0))
        return SequentialTest(
            AnalysisSpecification(longest: longest, metrics: metrics), design: .live(weight: 0.1), evidence: evidence)
    }

    @Test("So many failures in a row are allowed, and one more is a fail")
    func failures() {
        var gate = gate([.prometheus(query)])
        for (second, value) in [11.0, 12, 3, 11, .nan, 11, 12].enumerated() {
            let verdict = gate.read(reading(.value(value)), at: Double(second + 1))
            #expect(verdict.decision == (second == 6 ? .fail : .inconclusive), "\(second)")
            if second == 6 {
                #expect(verdict.metric == "queue")
                #expect(verdict.measurements[0].candidate == 12 && verdict.measurements[0].limit == 10)
            }
        }
    }

    @Test("Values of a query alone pass only at the end, and nothing passes without them")
    func end() {
        var (good, missing) = (gate([.prometheus(query)]), gate([.prometheus(query)]))
        for second in 1...60 {
            let verdict = good.read(reading(second % 15 == 1 ? .value(1) : nil), at: Double(second))
            #expect(verdict.decision == (second == 60 ? .pass : .inconclusive))
            #expect(missing.read(reading(.missing("no data")), at: Double(second)).decision == .inconclusive)
        }
    }

    @Test("A hard limit fails green though blue is as bad, or gone")
    func hardLimit() {
        for control in [0, 45] {
            var gate = gate([.errors(ErrorLimits(hardLimit: 0.05))], longest: 600)
            var verdict = gate.read(Reading(), at: 1)
            var second = 1.0
            while verdict.decision == .inconclusive, second < 300 {
                second += 1
                verdict = gate.read(
                    Reading(
                        control: Reading.Counts(requests: control, errors: control / 5),
                        candidate: Reading.Counts(requests: 5, errors: 1)), at: second)
            }
            #expect(verdict.decision == .fail)
            #expect(verdict.measurements[1].test == .hardLimit)
            // Without blue, errors that only green has are evidence too.
            #expect(control == 0 || verdict.measurements.map(\.isHarmful) == [false, true])
        }
    }

    @Test("A fail and a pass on one reading are a fail, and warm-up is no evidence")
    func both() {
        let specification = AnalysisSpecification(
            longest: 100, warmUp: 5, metrics: [.errors(ErrorLimits()), .prometheus(query)])
        var evidence = Evidence()
        evidence.observeControl(Reading.Counts(requests: 10_000, errors: 10))
        var gate = SequentialTest(specification, design: .live(weight: 0.1), evidence: evidence)
        for second in 1...5 {
            let verdict = gate.read(reading(.value(99), errors: 5), at: Double(second))
            #expect(verdict.measurements[0].harm?.log10E == 0)
            #expect(verdict.candidate.errors == 5 * second)
            #expect(verdict.decision == (second > 2 ? .fail : .inconclusive))
        }
        #expect(gate.read(reading(.value(1), errors: 5), at: 6).measurements[0].harm?.log10E ?? 0 > 0)
    }
}
