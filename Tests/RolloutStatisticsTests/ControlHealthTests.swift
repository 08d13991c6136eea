import RolloutStatistics
import Testing

@Suite("A control that is no yardstick") struct ControlHealthTests {
    private static let bounds = [1.0, 10, 20, 40, 80, 160, 320]

    private func gate(hardLimit: Double? = nil, controlLimit: Double? = nil) -> SequentialTest {
        var evidence = Evidence(latencyBounds: Self.bounds)
        evidence.observeControl(
            Reading.Counts(requests: 4000, errors: 20, latencies: [0, 0, 1000, 2000, 1000, 0, 0, 0]))
        return SequentialTest(
            AnalysisSpecification(
                longest: 60, controlLimit: controlLimit,
                metrics: [.errors(ErrorLimits(hardLimit: hardLimit)), .latency(LatencyLimits(tolerance: 0.05))]),
            design: .live(weight: 0.1), evidence: evidence)
    }

    /// One second: 450 requests to blue, of which it refuses so many, and 50 to green.
    private func reading(refused: Int, failed: Int = 0, greenErrors: Int = 0, isGreenSlow: Bool = false) -> Reading {
        let answered = 450 - refused - failed
        let half = (50 - greenErrors) / 2
        return Reading(
            control: Reading.Counts(
                requests: 450, errors: refused + failed, refused: refused,
                latencies: [0, 0, answered / 2, answered - answered / 2, 0, 0, 0, 0]),
            candidate: Reading.Counts(
                requests: 50, errors: greenErrors,
                latencies: isGreenSlow ? [0, 0, 0, 0, half, half, 0, 0] : [0, 0, half, half, 0, 0, 0, 0]))
    }

    @Test("that refuses 93 % of its requests decides nothing, however slow green looks beside it, and says why")
    func overloaded() throws {
        var gate = gate()
        for second in 1...60 {
            let verdict = gate.read(reading(refused: 418, isGreenSlow: true), at: Double(second))
            #expect(verdict.decision == .inconclusive, "after \(second) s")
            let trouble = try #require(verdict.controlTrouble)
            #expect(trouble.failed == trouble.refused && abs(trouble.refused - 418.0 / 450) < 0.01)
        }
    }

    @Test("with half the load, the same green fails")
    func healthy() {
        var gate = gate()
        let verdicts = (1...60).map { gate.read(reading(refused: 0, isGreenSlow: true), at: Double($0)) }
        let fail = verdicts.first { $0.decision == .fail }
        #expect(fail?.metric == "latency")
        #expect(fail?.controlTrouble == nil)
    }

    @Test("passes nobody either: a green that is as good waits until the control is healthy again, and passes then")
    func recovers() throws {
        var gate = gate()
        for second in 1...20 {
            #expect(gate.read(reading(refused: 200), at: Double(second)).decision == .inconclusive)
        }
        var second = 20.0
        var verdict = gate.read(reading(refused: 0), at: 20.5)
        while verdict.decision == .inconclusive, !verdict.isOver {
            second += 1
            verdict = gate.read(reading(refused: 0), at: second)
        }
        #expect(verdict.decision == .pass)
        #expect(verdict.controlTrouble == nil)
    }

    @Test("leaves the hard limit, which judges green alone")
    func hardLimit() {
        var gate = gate(hardLimit: 0.05)
        let verdicts = (1...60).map { gate.read(reading(refused: 418, greenErrors: 20), at: Double($0)) }
        let fail = verdicts.first { $0.decision == .fail }
        #expect(fail?.measurements.contains { $0.test == .hardLimit && $0.isHarmful } == true)
    }

    @Test("is one whose failures exceed control_limit, whoever failed them", arguments: [(0.1, true), (0.3, false)])
    func limit(_ limit: Double, _ isTrouble: Bool) {
        var gate = gate(controlLimit: limit)
        let verdict = gate.read(reading(refused: 0, failed: 90), at: 1)
        #expect((verdict.controlTrouble != nil) == isTrouble)
        #expect(verdict.controlTrouble?.refused ?? 0 == 0)
    }
}

@Suite("What a verdict shows") struct ShownLimitTests {
    @Test("of a fail is above the limit beside it, also where the median and not the p95 has shifted")
    func latency() throws {
        let bounds = (1...100).map(Double.init)
        func bins(_ counts: [Int: Int]) -> [Int] { (0...100).map { counts[$0] ?? 0 } }
        var evidence = Evidence(latencyBounds: bounds)
        evidence.observeControl(
            Reading.Counts(
                requests: 1000, latencies: bins(Dictionary(uniqueKeysWithValues: (10..<60).map { ($0, 20) }))))
        var gate = SequentialTest(
            AnalysisSpecification(longest: 600, metrics: [.latency(LatencyLimits(tolerance: 0.02))]),
            design: .live(weight: 0.5), evidence: evidence)
        let blue = bins(Dictionary(uniqueKeysWithValues: (10..<60).map { ($0, 2) }))
        let green = bins(Dictionary(uniqueKeysWithValues: (35..<60).map { ($0, 4) }))
        var verdict = gate.read(
            Reading(control: .init(requests: 100, latencies: blue), candidate: .init(requests: 100, latencies: green)),
            at: 1)
        var second = 1.0
        while verdict.decision == .inconclusive, !verdict.isOver {
            second += 1
            verdict = gate.read(
                Reading(
                    control: .init(requests: 100, latencies: blue), candidate: .init(requests: 100, latencies: green)),
                at: second)
        }
        #expect(verdict.decision == .fail)
        let shown = try #require(verdict.measurements.first { $0.isHarmful })
        #expect(try #require(shown.candidate) > (try #require(shown.limit)))
        #expect(shown.quantile != 0.95)
    }

    @Test("of errors that fail is above blue's, not below the margin")
    func errors() throws {
        var evidence = Evidence()
        evidence.observeControl(Reading.Counts(requests: 100_000, errors: 100))
        var gate = SequentialTest(
            AnalysisSpecification(longest: 600, metrics: [.errors(ErrorLimits(margin: 0.05))]),
            design: .live(weight: 0.5), evidence: evidence)
        let verdicts = (1...600).map {
            gate.read(
                Reading(
                    control: .init(requests: 1000, errors: 1), candidate: .init(requests: 1000, errors: 10)),
                at: Double($0))
        }
        let fail = try #require(verdicts.first { $0.decision == .fail })
        let shown = try #require(fail.measurements.first { $0.isHarmful })
        #expect(try #require(shown.candidate) > (try #require(shown.limit)))
    }
}
