import Foundation
import RolloutStatistics

/// One canary of a scenario: what the gate, the peers and an oracle say of the same traffic.
struct Trial {
    /// Seconds until a fail, by rule; nil for never.
    var detections: [String: Int?] = [:]
    /// Seconds until an early pass, where there is no fail before.
    var pass: Int?
    /// Failed and exposed requests of green up to each second.
    var failed = [0]
    var exposed = [0]

    static let specification = AnalysisSpecification(
        longest: 1e9, metrics: [.errors(ErrorLimits()), .latency(LatencyLimits())])

    init(_ scenario: Scenario, rate: Double, seed: UInt64) {
        var generator = Generator(seed: seed)
        let badUsers = generator.binomial(20, Scenario.weight)
        var gate = Self.gate(rate: rate, &generator)
        let bounds = gate.evidence.latencyBounds
        var oracle = Oracle(scenario)
        var bins: [Double: [Double]] = [:]
        func conditionals(_ factor: Double) -> [Double] {
            if let known = bins[factor] { return known }
            var below = 0.0
            let made = bounds.map { bound in
                let next = Scenario.below(bound, factor: factor)
                defer { below = next }
                return below < 1 ? min(max((next - below) / (1 - below), 0), 1) : 0
            }
            bins[factor] = made
            return made
        }
        var minutes = Array(repeating: Peers.Minute(), count: 30)
        var reading = Reading()
        let empty = Array(repeating: 0, count: bounds.count + 1)
        var isDone = false
        for second in 0..<Scenario.seconds {
            let moment = scenario.moment(second, badUsersOfGreen: badUsers)
            let all = generator.poisson(rate)
            let green = generator.binomial(all, scenario.trueWeight)
            let greenErrors = generator.binomial(green, moment.greenErrors)
            let blueErrors = generator.binomial(all - green, moment.blueErrors)
            failed.append(failed[second] + greenErrors)
            exposed.append(exposed[second] + green)
            minutes[second / 60].add(green, greenErrors, all - green, blueErrors)
            oracle.add(green, greenErrors, at: second + 1, &generator)
            guard !isDone else { continue }
            reading.candidate = Reading.Counts(requests: green, errors: greenErrors, latencies: empty)
            reading.control = Reading.Counts(requests: all - green, errors: blueErrors, latencies: empty)
            generator.draw(green, conditionals(moment.greenFactor), into: &reading.candidate.latencies)
            generator.draw(all - green, conditionals(moment.blueFactor), into: &reading.control.latencies)
            switch gate.read(reading, at: Double(second + 1)).decision {
            case .fail:
                detections["sequential"] = second + 1
                isDone = true
            case .pass: if pass == nil { pass = second + 1 }
            case .inconclusive: break
            }
        }
        if detections["sequential"] == nil { detections["sequential"] = .some(nil) }
        judge(&minutes, scenario, &generator)
        if oracle.isUsed { detections["SPRT, all known"] = .some(oracle.detection) }
    }

    /// A gate that has seen five minutes of blue.
    private static func gate(rate: Double, _ generator: inout Generator) -> SequentialTest {
        let requests = generator.poisson(rate * Double(Scenario.before))
        let sample = (0..<min(max(requests, 200), 5000)).map { _ in
            exp(Scenario.mean + Scenario.deviation * generator.normal())
        }
        let scale = LatencyScale(sample: sample, limits: LatencyLimits())
        var evidence = scale.map { Evidence(scale: $0) } ?? Evidence()
        evidence.observeControl(
            Reading.Counts(requests: requests, errors: generator.binomial(requests, Scenario.errors)))
        return SequentialTest(specification, design: .live(weight: Scenario.weight), evidence: evidence)
    }

    private mutating func judge(
        _ minutes: inout [Peers.Minute], _ scenario: Scenario, _ generator: inout Generator
    ) {
        for index in minutes.indices {
            let moment = scenario.moment(index * 60, badUsersOfGreen: 0)
            minutes[index].greenBeyond500 = generator.binomial(
                minutes[index].greenRequests, 1 - Scenario.below(500, factor: moment.greenFactor))
            minutes[index].greenMean =
                generator.meanLatency(of: minutes[index].greenRequests) * moment.greenFactor
            minutes[index].blueMean = generator.meanLatency(of: minutes[index].blueRequests) * moment.blueFactor
        }
        let flagger = minutes.map(Peers.flaggerFails)
        for k in 1...30 {
            detections["Flagger \(k)"] = .some(Peers.detection(flagger, k: k, delay: 1, step: 60))
        }
        detections["Argo, documented"] = .some(
            Peers.detection(Peers.argoFails(minutes), k: 4, delay: 0, step: 300))
        detections["Argo, 1 m, limit 3"] = .some(Peers.detection(flagger, k: 4, delay: 0, step: 60))
        detections["Kayenta, 5 m"] = .some(
            Peers.detection(Peers.kayentaFails(minutes), k: 1, delay: 0, step: 300))
    }
}

extension Peers.Minute {
    fileprivate mutating func add(_ green: Int, _ greenErrors: Int, _ blue: Int, _ blueErrors: Int) {
        greenRequests += green
        self.greenErrors += greenErrors
        blueRequests += blue
        self.blueErrors += blueErrors
    }
}

/// Wald's test of green alone that knows everything: the best that is possible.
private struct Oracle {
    private let greenErrors: Double
    private let shift: Double
    private var logE = 0.0
    private(set) var detection: Int?

    init(_ scenario: Scenario) {
        greenErrors = scenario.greenErrors
        shift = log(scenario.factor) / Scenario.deviation
    }

    var isUsed: Bool { greenErrors != Scenario.errors || shift != 0 }

    mutating func add(_ requests: Int, _ errors: Int, at second: Int, _ generator: inout Generator) {
        guard isUsed, detection == nil else { return }
        if shift != 0 {
            let n = Double(requests)
            logE += shift * (generator.normal() * n.squareRoot() + shift * n) - n * shift * shift / 2
        } else {
            logE +=
                Double(errors) * log(greenErrors / Scenario.errors)
                + Double(requests - errors) * log((1 - greenErrors) / (1 - Scenario.errors))
        }
        if logE >= log(100) { detection = second }
    }
}

extension Generator {
    /// Counts of `count` draws: one by one where there are few, or else bin by bin.
    fileprivate mutating func draw(_ count: Int, _ conditionals: [Double], into bins: inout [Int]) {
        guard count < 12 else { return multinomial(count, conditionals: conditionals, into: &bins) }
        for _ in 0..<count {
            var u = uniform()
            var bin = 0
            while bin < conditionals.count, u >= conditionals[bin] {
                u = (u - conditionals[bin]) / (1 - conditionals[bin])
                bin += 1
            }
            bins[bin] += 1
        }
    }

    /// The mean of so many lognormal latencies in milliseconds; above 600, by the central limit theorem.
    fileprivate mutating func meanLatency(of requests: Int) -> Double {
        let n = max(requests, 1)
        let mean = exp(Scenario.mean + Scenario.deviation * Scenario.deviation / 2)
        guard n <= 600 else {
            let spread = mean * expm1(Scenario.deviation * Scenario.deviation).squareRoot()
            return mean + spread / Double(n).squareRoot() * normal()
        }
        return (0..<n).reduce(0.0) { sum, _ in sum + exp(Scenario.mean + Scenario.deviation * normal()) } / Double(n)
    }
}
