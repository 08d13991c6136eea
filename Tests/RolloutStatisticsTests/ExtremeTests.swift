import Foundation
import Testing

@testable import RolloutStatistics

@Suite("Whatever is counted") struct ExtremeTests {
    private static let largest = Reading.Counts.largest
    private static let bounds: [Double] = [1, 40, 100, 1000]
    private static let specification = AnalysisSpecification(
        longest: 1e9, shortest: 5, warmUp: 2,
        metrics: [
            .errors(ErrorLimits(margin: 0.01, hardLimit: 0.05)), .latency(LatencyLimits(tolerance: 0.05)),
            .disagreement(DisagreementLimits()),
            .prometheus(PrometheusLimits(url: "u", query: "q", maximum: 1, failuresAllowed: .max)),
        ])

    /// Nothing, few, many, or as many as can be; none, some or all of them failed; in one bin or in two.
    private static func counts(_ dice: inout Dice) -> Reading.Counts {
        let sizes = [0, 0, 1, 2, 50, 1000, 1_000_000_007, largest]
        let requests = sizes[Int(dice.uniform() * Double(sizes.count))]
        let errors = [0, 0, requests, requests / 2, min(1, requests)][Int(dice.uniform() * 5)]
        var latencies = Array(repeating: 0, count: bounds.count + 1)
        latencies[Int(dice.uniform() * 5)] += requests / 2
        latencies[Int(dice.uniform() * 5)] += requests - requests / 2
        return Reading.Counts(
            requests: requests, errors: errors, latencies: dice.uniform() < 0.1 ? [] : latencies)
    }

    private static func reading(_ dice: inout Dice, _ design: SequentialTest.Design) -> Reading {
        var reading = Reading(control: counts(&dice))
        let signals: [Reading.Signal] = [.value(.infinity), .value(.nan), .value(-1e300), .missing("no data")]
        reading.signals["prometheus"] = signals[Int(dice.uniform() * 4)]
        guard design == .mirrored else {
            reading.candidate = counts(&dice)
            return reading
        }
        let (live, mirror) = (counts(&dice), counts(&dice))
        let pairs = max(live.requests, mirror.requests)
        reading.pairs = Reading.PairCounts(
            pairs: pairs, onlyLiveFailed: min(live.errors, pairs / 2), onlyMirrorFailed: min(mirror.errors, pairs / 2),
            compared: pairs, disagreed: mirror.errors, liveLatencies: live.latencies, mirrorLatencies: mirror.latencies)
        return reading
    }

    private static let designs: [SequentialTest.Design] =
        [0, 1e-12, 0.001, 0.1, 0.5, 0.999, 1].map { .live(weight: $0) } + [.mirrored]

    @Test("every number of a verdict is one, and a gate that is written goes on to the last bit", arguments: designs)
    func finite(_ design: SequentialTest.Design) throws {
        for seed in 0..<40 {
            var dice = Dice(seed: UInt64(seed))
            var evidence = Evidence(latencyBounds: Self.bounds)
            for _ in 0..<(seed % 4) { evidence.observeControl(Self.counts(&dice), elapsed: dice.uniform() * 1e6) }
            var gate = SequentialTest(Self.specification, design: design, evidence: evidence)
            var written = gate
            var time = 0.0
            for step in 0..<30 {
                time += [1, 1, 3600, 1e7][Int(dice.uniform() * 4)]
                let reading = Self.reading(&dice, design)
                let verdict = gate.read(reading, at: time)
                expectNumbers(verdict, "\(design), seed \(seed), step \(step)")
                written = try JSONDecoder().decode(SequentialTest.self, from: JSONEncoder().encode(written))
                #expect(written.read(reading, at: time) == verdict)
            }
            #expect(written == gate)
        }
    }

    private func expectNumbers(_ verdict: Verdict, _ place: String) {
        let levels = verdict.measurements.flatMap { [$0.harm, $0.safety] }.compactMap { $0 }
        let values = verdict.measurements.filter { $0.test != .signal }.flatMap {
            [$0.candidate, $0.control, $0.limit]
        }
        for number in levels.map(\.log10E) + values.compactMap({ $0 }) + [verdict.log10E, verdict.seconds] {
            #expect(number.isFinite, "\(place): \(verdict)")
        }
        #expect(verdict.candidate.errors <= verdict.candidate.requests)
    }

    @Test("a green that is silent for an hour is neither passed nor failed, and then is judged by what it does")
    func silence() {
        for isBad in [false, true] {
            var evidence = Evidence()
            evidence.observeControl(Reading.Counts(requests: 15_000, errors: 75))
            var gate = SequentialTest(
                AnalysisSpecification(longest: 1e6, metrics: [.errors(ErrorLimits())]), design: .live(weight: 0.1),
                evidence: evidence)
            var silent = Verdict.Decision.inconclusive
            for second in 1...3600 where silent == .inconclusive {
                let control = Reading.Counts(requests: 50, errors: second % 4 == 0 ? 1 : 0)
                silent = gate.read(Reading(control: control), at: Double(second)).decision
            }
            #expect(silent == .inconclusive)
            var last = Verdict.Decision.inconclusive
            for second in 3601...7200 where last == .inconclusive {
                // As if all that green did in the hour came at once, at the share that was measured.
                let lump = Reading.Counts(requests: 2000, errors: isBad ? 200 : 10)
                let control = Reading.Counts(requests: 18_000, errors: 90)
                last = gate.read(Reading(control: control, candidate: lump), at: Double(second)).decision
            }
            #expect(last == (isBad ? .fail : .pass))
        }
    }

    @Test(
        "a good green that gets much less than is configured is not taken for a bad one",
        arguments: [0.005, 0.02, 0.04])
    func smallShare(share: Double) {
        var (failed, told) = (0, 0)
        for seed in 0..<100 {
            var dice = Dice(seed: UInt64(seed))
            var evidence = Evidence()
            evidence.observeControl(Reading.Counts(requests: 15_000, errors: 75))
            var gate = SequentialTest(
                AnalysisSpecification(longest: 1e6, metrics: [.errors(ErrorLimits())]), design: .live(weight: 0.1),
                evidence: evidence)
            var last = gate.read(Reading(), at: 0)
            for second in 1...120 where last.decision != .fail {
                let green = dice.binomial(50, share)
                last = gate.read(
                    Reading(
                        control: Reading.Counts(requests: 50 - green, errors: dice.binomial(50 - green, 0.005)),
                        candidate: Reading.Counts(requests: green, errors: dice.binomial(green, 0.005))),
                    at: Double(second))
                if last.findings.contains(where: { if case .shareDiffers = $0 { true } else { false } }) { told += 1 }
            }
            if last.decision == .fail { failed += 1 }
        }
        #expect(failed <= 3)
        #expect(told == 100)
    }

    @Test(
        "each further failure of green's is more evidence against it, and each of blue's is less",
        arguments: [
            0.001, 0.1, 0.5, 0.9,
        ])
    func errorsAreMonotone(weight: Double) {
        func evidence(green: Int, blue: Int) -> (harm: Double, safety: Double) {
            let arms = Arms(
                candidateRequests: 100, candidateErrors: Double(green), controlRequests: 900,
                controlErrors: Double(blue))
            var harm = ErrorComparison()
            harm.add(arms, rate: 0.01, weight: weight)
            var safety = ErrorNonInferiority(margin: 0.02)
            safety.add(arms, rate: 0.01, weight: weight)
            return (harm.logE, safety.logE)
        }
        for green in 0..<100 {
            let (less, more) = (evidence(green: green, blue: 9), evidence(green: green + 1, blue: 9))
            #expect(more.harm > less.harm && more.safety < less.safety)
        }
        for blue in 0..<100 {
            let (less, more) = (evidence(green: 3, blue: blue), evidence(green: 3, blue: blue + 1))
            #expect(more.harm < less.harm && more.safety > less.safety)
        }
    }

    @Test("a request that takes longer is more evidence against the arm that answered it", arguments: [0.01, 0.1, 0.5])
    func latencyIsMonotone(weight: Double) {
        let ratios = ShiftRatios(levels: LatencyScale.levels)
        func logE(_ bin: Int, isGreen: Bool) -> Double {
            var comparison = LatencyComparison()
            let none = Array(repeating: 0.0, count: LatencyScale.levels.count + 1)
            var bins = none
            bins[bin] = 1
            comparison.add(
                candidate: isGreen ? bins : none, control: isGreen ? none : bins, ratios: ratios, weight: weight)
            return comparison.logE
        }
        for bin in LatencyScale.levels.indices {
            #expect(logE(bin + 1, isGreen: true) > logE(bin, isGreen: true))
            #expect(logE(bin + 1, isGreen: false) < logE(bin, isGreen: false))
        }
    }

    @Test("pairs and rates: each further failure is more evidence, and each success is less")
    func ratesAreMonotone() {
        func paired(_ mirror: Int, _ live: Int) -> Double {
            var process = PairedFailures()
            process.add(onlyMirror: mirror, onlyLive: live)
            return process.logE
        }
        for count in 0..<200 {
            #expect(paired(count + 1, 20) > paired(count, 20))
            #expect(paired(20, count + 1) < paired(20, count))
        }
        for events in 0..<50 {
            var (less, more, proof, lessProof) = (
                RateLimit(limit: 0.02), RateLimit(limit: 0.02), RateProof(limit: 0.02), RateProof(limit: 0.02)
            )
            less.add(events: events, of: 50)
            more.add(events: events + 1, of: 51)
            proof.add(events: events, of: 50)
            lessProof.add(events: events + 1, of: 51)
            #expect(more.logE > less.logE && lessProof.logE < proof.logE)
        }
    }

    @Test("paired failures as many as can be counted take no longer, and even ones say nothing")
    func manyPairs() {
        let clock = ContinuousClock()
        for exponent in [20, 30, 40, 52] {
            var process = PairedFailures()
            process.add(onlyMirror: 1 << exponent, onlyLive: 1 << exponent)
            var logE = 0.0
            let time = clock.measure { logE = process.logE }
            #expect(logE < 0 && logE > -20 - Double(exponent))
            #expect(time < .seconds(1))
        }
    }
}
