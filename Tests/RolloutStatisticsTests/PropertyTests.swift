import Foundation
import Testing

@testable import RolloutStatistics

@Suite("What holds of every stream") struct PropertyTests {
    private let bounds: [Double] = [20, 40, 80, 160, 320]
    private let weights = [0.1, 0.25, 0.3, 0.2, 0.1, 0.05]
    private let specification = AnalysisSpecification(
        longest: 1e6, warmUp: 3,
        metrics: [
            .errors(ErrorLimits(hardLimit: 0.2)), .latency(LatencyLimits(tolerance: 0.1)),
            .disagreement(DisagreementLimits()),
        ])

    private func reading(_ dice: inout Dice, errors: Double = 0.02, design: SequentialTest.Design = .live(weight: 0.2))
        -> Reading
    {
        func counts(_ requests: Int) -> Reading.Counts {
            let (requests, errors, latencies) = dice.counts(requests, errors: errors, bins: weights)
            return Reading.Counts(requests: requests, errors: errors, latencies: latencies)
        }
        guard design == .mirrored else {
            let green = dice.binomial(40, 0.2)
            return Reading(control: counts(40 - green), candidate: counts(green))
        }
        let (live, mirror) = (counts(30), counts(30))
        let both = min(live.errors, mirror.errors)
        return Reading(
            pairs: Reading.PairCounts(
                pairs: 30, bothFailed: both, onlyLiveFailed: live.errors - both,
                onlyMirrorFailed: mirror.errors - both, compared: 28, disagreed: dice.binomial(28, 0.01),
                liveLatencies: live.latencies, mirrorLatencies: mirror.latencies))
    }

    private func gate(_ dice: inout Dice, design: SequentialTest.Design = .live(weight: 0.2)) -> SequentialTest {
        var evidence = Evidence(latencyBounds: bounds)
        for _ in 0..<50 { evidence.observeControl(reading(&dice).control) }
        return SequentialTest(specification, design: design, evidence: evidence)
    }

    @Test("Under the null, E is a supermartingale: its mean stays at 1, and it seldom is ever large (Ville)")
    func supermartingale() {
        // Green is no worse than blue, in errors (all of them equal), in latency, and far below its hard limit.
        var means = Array(repeating: 0.0, count: 3)
        var everTen = means
        let streams = 200
        for seed in 0..<streams {
            var dice = Dice(seed: UInt64(seed))
            var gate = gate(&dice)
            var highest = Array(repeating: -Double.infinity, count: 3)
            for second in 1...25 {
                _ = gate.read(reading(&dice), at: Double(second))
                let evidence = gate.evidence
                let logs = [evidence.live.errors.logE, evidence.live.latency.logE, evidence.hardLimit?.logE ?? .nan]
                for index in logs.indices {
                    highest[index] = max(highest[index], logs[index])
                    // Cut at 20, which only lowers the mean, so that no rare stream decides.
                    if second == 25 { means[index] += min(Mathematics.exp(logs[index]), 20) / Double(streams) }
                }
            }
            for index in highest.indices where highest[index] >= Mathematics.log(10) {
                everTen[index] += 1 / Double(streams)
            }
        }
        for index in means.indices {
            #expect(means[index] <= 1.2, "process \(index)")
            #expect(everTen[index] <= 0.1, "process \(index)")
        }
        #expect(means[0] > 0.2)
    }

    @Test("A process takes a batch in one piece or in many with the same result")
    func batches() {
        var dice = Dice(seed: 4)
        var (whole, parts) = (ErrorComparison(), ErrorComparison())
        var (wholeSafety, partsSafety) = (ErrorNonInferiority(margin: 0.01), ErrorNonInferiority(margin: 0.01))
        var (wholeLimit, partsLimit) = (RateLimit(limit: 0.02), RateLimit(limit: 0.02))
        var (wholePairs, partsPairs) = (PairedFailures(), PairedFailures())
        for _ in 0..<20 {
            var sum = Arms(candidateRequests: 0, candidateErrors: 0, controlRequests: 0, controlErrors: 0)
            var pieces: [Arms] = []
            for _ in 0..<7 {
                let piece = Arms(
                    candidateRequests: 9, candidateErrors: Double(dice.binomial(9, 0.1)), controlRequests: 31,
                    controlErrors: Double(dice.binomial(31, 0.05)))
                pieces.append(piece)
                sum.candidateRequests += piece.candidateRequests
                sum.candidateErrors += piece.candidateErrors
                sum.controlRequests += piece.controlRequests
                sum.controlErrors += piece.controlErrors
            }
            whole.add(sum, rate: 0.03, weight: 0.2)
            wholeSafety.add(sum, rate: 0.03, weight: 0.2)
            wholeLimit.add(events: Int(sum.candidateErrors), of: Int(sum.candidateRequests))
            wholePairs.add(onlyMirror: Int(sum.candidateErrors), onlyLive: Int(sum.controlErrors))
            for piece in pieces.reversed() {
                parts.add(piece, rate: 0.03, weight: 0.2)
                partsSafety.add(piece, rate: 0.03, weight: 0.2)
                partsLimit.add(events: Int(piece.candidateErrors), of: Int(piece.candidateRequests))
                partsPairs.add(onlyMirror: Int(piece.candidateErrors), onlyLive: Int(piece.controlErrors))
            }
        }
        #expect((whole.logE - parts.logE).magnitude < 1e-9)
        #expect((wholeSafety.logE - partsSafety.logE).magnitude < 1e-9)
        #expect((wholeLimit.logE - partsLimit.logE).magnitude < 1e-9)
        #expect(wholePairs == partsPairs)
    }

    @Test("A gate that is encoded and decoded after every reading says the same", arguments: [true, false])
    func coding(isLive: Bool) throws {
        let design: SequentialTest.Design = isLive ? .live(weight: 0.2) : .mirrored
        var dice = Dice(seed: 9)
        var kept = gate(&dice, design: design)
        var coded = kept
        for second in 1...80 {
            let reading = reading(&dice, errors: 0.05, design: design)
            let wanted = kept.read(reading, at: Double(second))
            #expect(coded.read(reading, at: Double(second)) == wanted)
            let data = try JSONEncoder().encode(coded)
            #expect(data.count < 8000)
            coded = try JSONDecoder().decode(SequentialTest.self, from: data)
            #expect(coded == kept)
        }
    }

    @Test("Evidence goes on in the next stage, and one with another margin begins anew")
    func stages() {
        var dice = Dice(seed: 2)
        var first = gate(&dice)
        for second in 1...30 { _ = first.read(reading(&dice), at: Double(second)) }
        let second = SequentialTest(specification, design: .live(weight: 0.5), evidence: first.evidence)
        #expect(second.evidence == first.evidence)
        var changed = specification
        changed.metrics[0] = .errors(ErrorLimits(margin: 0.02, hardLimit: 0.1))
        let third = SequentialTest(changed, design: .live(weight: 0.5), evidence: first.evidence)
        #expect(third.evidence.live.errors == first.evidence.live.errors)
        #expect(third.evidence.live.errorSafety?.logE == 0)
        #expect(third.evidence.hardLimit?.logE == 0)
    }

    @Test("The interval of a rate holds it at all times with its probability")
    func confidence() {
        var misses = 0
        for seed in 0..<200 {
            var dice = Dice(seed: UInt64(1000 + seed))
            var (events, trials, missed) = (0, 0, false)
            for _ in 0..<60 {
                events += dice.binomial(10, 0.07)
                trials += 10
                if !ConfidenceSequence.interval(of: events, in: trials, alpha: 0.1).contains(0.07) { missed = true }
            }
            if missed { misses += 1 }
        }
        #expect(misses <= 28)
        #expect(ConfidenceSequence.interval(of: 0, in: 0) == 0...1)
        #expect(ConfidenceSequence.interval(of: 3, in: 2) == 0...1)
        let none = ConfidenceSequence.interval(of: 0, in: 1000)
        #expect(none.lowerBound == 0 && none.upperBound < 0.01)
        #expect(ConfidenceSequence.interval(of: 1000, in: 1000).upperBound == 1)
        let wide = ConfidenceSequence.interval(of: 50, in: 1000)
        #expect(wide.contains(0.05) && wide.lowerBound > 0.02 && wide.upperBound < 0.09)
    }
}
