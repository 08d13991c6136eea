internal import RolloutEngine

/// Counts of requests by outcome and by latency since the process started.
struct OutcomeTally: Sendable {
    private(set) var outcomes = [Int](repeating: 0, count: RequestOutcome.allCases.count)
    /// Latencies of all requests that were not abandoned, in the bins of ``OutcomeReading/Counts/latencies``.
    private(set) var bins = OutcomeReading.Counts.noLatencies
    /// Latencies of the requests that the model answered with 200.
    private var answeredBins = OutcomeReading.Counts.noLatencies
    /// The sum of all latencies, in nanoseconds.
    private(set) var nanoseconds: UInt64 = 0

    mutating func add(_ outcome: RequestOutcome, nanoseconds latency: UInt64) {
        outcomes[outcome.index] += 1
        guard outcome != .abandoned else { return }
        nanoseconds &+= latency
        let bin = OutcomeReading.latencyBin(ofNanoseconds: latency)
        bins[bin] += 1
        if outcome == .answered { answeredBins[bin] += 1 }
    }

    func count(of outcome: RequestOutcome) -> Int { outcomes[outcome.index] }

    /// The counts without abandoned requests, whose end no client saw.
    var counts: OutcomeReading.Counts {
        let requests = outcomes.reduce(0, +) - count(of: .abandoned)
        return OutcomeReading.Counts(
            requests: requests, errors: requests - count(of: .answered),
            refused: count(of: .refused) + count(of: .timedOut) + count(of: .platformFailed), latencies: answeredBins)
    }
}
