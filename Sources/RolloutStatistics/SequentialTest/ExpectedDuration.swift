extension AnalysisSpecification {
    /// The assumptions about both versions when a gate's duration is estimated before anything is measured.
    package struct Assumption: Hashable, Sendable {
        /// Requests per second to both arms together; in a mirror stage, to the control.
        package var rate: Double
        /// The error rate of both arms, 0 to 1.
        package var errorRate: Double
        /// The median and 99th percentile of both arms' latencies in milliseconds; the distribution is assumed to be
        /// log-normal.
        package var p50: Double
        package var p99: Double

        package init(rate: Double, errorRate: Double = 0.005, p50: Double = 40, p99: Double = 200) {
            self.rate = rate
            self.errorRate = errorRate
            self.p50 = p50
            self.p99 = p99
        }
    }

    /// Estimates the seconds after which a version identical to the control passes, by running the gate on mean
    /// readings.
    ///
    /// About half of all stages take longer and half less (Analysis.md): about ln(1/β) divided by the growth.
    ///
    /// - Parameters:
    ///   - assumption: The request rate, error rate and latencies.
    ///   - share: The fraction of requests that go to the candidate, or that are mirrored, 0 to 1.
    ///   - isMirror: Whether the stage mirrors traffic.
    /// - Returns: The seconds; `nil` if the version would not pass within ``longest``, or if nothing can be measured.
    package func expectedSeconds(_ assumption: Assumption, share: Double, isMirror: Bool) -> Double? {
        guard assumption.rate > 0, share > 0, metrics.contains(where: \.hasRequestEvidence) else { return nil }
        let stream = MeanStream(assumption, share: share, isMirror: isMirror)
        var specification = self
        specification.metrics.removeAll { !$0.hasRequestEvidence }
        var evidence = Evidence(latencyBounds: stream.bounds)
        evidence.observeControl(stream.before)
        var gate = SequentialTest(
            specification, design: isMirror ? .mirrored : .live(weight: share), evidence: evidence)
        let step = max(longest / 300, 0.25)
        var seconds = 0.0
        while seconds < longest {
            let next = min(seconds + step, longest)
            if gate.read(stream.reading(from: seconds, to: next), at: next).decision == .pass { return next }
            seconds = next
        }
        return nil
    }
}

extension Metric {
    /// Whether requests are evidence for the metric; the value of a query proves nothing.
    fileprivate var hasRequestEvidence: Bool {
        switch self {
        case .errors, .latency, .disagreement: true
        case .prometheus: false
        }
    }
}

/// The mean answers of two identical versions.
private struct MeanStream {
    /// Quantiles of the log-normal distribution, so that all bins have the same probability.
    let bounds: [Double]
    private let assumption: AnalysisSpecification.Assumption
    private let candidateRate: Double
    private let controlRate: Double
    private let isMirror: Bool

    private static let bins = 64

    init(_ assumption: AnalysisSpecification.Assumption, share: Double, isMirror: Bool) {
        self.assumption = assumption
        self.isMirror = isMirror
        candidateRate = assumption.rate * share
        controlRate = isMirror ? assumption.rate : assumption.rate * (1 - share)
        let spread = Mathematics.log(max(assumption.p99 / assumption.p50, 1.001)) / Normal.quantile(0.99)
        bounds = (1..<Self.bins).map { bin in
            assumption.p50 * Mathematics.exp(spread * Normal.quantile(Double(bin) / Double(Self.bins)))
        }
    }

    /// Ten minutes of the control alone.
    var before: Reading.Counts { counts(of: assumption.rate, from: 0, to: 600) }

    func reading(from start: Double, to end: Double) -> Reading {
        let candidate = counts(of: candidateRate, from: start, to: end)
        guard isMirror else {
            return Reading(control: counts(of: controlRate, from: start, to: end), candidate: candidate)
        }
        let pairs = Reading.PairCounts(
            pairs: candidate.requests, onlyLiveFailed: candidate.errors / 2,
            onlyMirrorFailed: candidate.errors - candidate.errors / 2,
            compared: candidate.requests - candidate.errors, liveLatencies: candidate.latencies,
            mirrorLatencies: candidate.latencies)
        return Reading(control: counts(of: controlRate, from: start, to: end), pairs: pairs)
    }

    /// Counts are differences of whole numbers of requests, so that rounding errors are made up for later.
    private func counts(of rate: Double, from start: Double, to end: Double) -> Reading.Counts {
        let requests = whole(rate, end) - whole(rate, start)
        let errors = min(
            whole(rate * assumption.errorRate, end) - whole(rate * assumption.errorRate, start), requests)
        let part = rate / Double(Self.bins)
        var latencies = (0..<Self.bins).map { bin in
            let offset = Double(bin) / Double(Self.bins)
            return Int((part * end + offset).rounded(.down)) - Int((part * start + offset).rounded(.down))
        }
        // Rounding excess is taken from the lowest bins, which no limit falls into.
        var excess = latencies.reduce(0, +) - requests
        for bin in latencies.indices where excess > 0 {
            let taken = min(latencies[bin], excess)
            latencies[bin] -= taken
            excess -= taken
        }
        return Reading.Counts(requests: requests, errors: errors, latencies: latencies)
    }

    private func whole(_ rate: Double, _ seconds: Double) -> Int { Int((min(rate, 1e9) * seconds).rounded(.down)) }
}
