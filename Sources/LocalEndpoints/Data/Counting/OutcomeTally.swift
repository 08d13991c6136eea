internal import RolloutEngine

/// Requests by outcome and by latency since the process began.
struct OutcomeTally: Sendable {
    private(set) var outcomes = [Int](repeating: 0, count: RequestOutcome.allCases.count)
    /// As ``OutcomeReading/Counts/latencies``.
    private(set) var bins = [Int](repeating: 0, count: OutcomeTally.bounds.count + 1)
    /// The sum of all latencies.
    private(set) var nanoseconds: UInt64 = 0

    private static let bounds = OutcomeReading.latencyBounds.map { UInt64($0) * 1_000_000 }

    mutating func add(_ outcome: RequestOutcome, nanoseconds latency: UInt64) {
        outcomes[outcome.index] += 1
        guard outcome != .abandoned else { return }
        nanoseconds &+= latency
        bins[Self.bin(of: latency)] += 1
    }

    func count(of outcome: RequestOutcome) -> Int { outcomes[outcome.index] }

    /// All but the abandoned ones, which nobody saw the end of.
    var counts: OutcomeReading.Counts {
        let requests = outcomes.reduce(0, +) - count(of: .abandoned)
        return OutcomeReading.Counts(
            requests: requests, errors: requests - count(of: .answered), latencies: bins)
    }

    /// A latency that is just a bound belongs to the bin below it.
    static func bin(of latency: UInt64) -> Int {
        var bin = 0
        while bin < bounds.count, latency > bounds[bin] { bin += 1 }
        return bin
    }
}
