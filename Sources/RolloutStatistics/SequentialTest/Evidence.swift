/// The evidence about candidate and control: small, and carried across stages and crashes.
///
/// Create a new one whenever the candidate changes. Before a stage, record the control's behavior with
/// ``observeControl(_:elapsed:)``.
package struct Evidence: Hashable, Sendable {
    /// Upper bounds of the latency bins of every reading in milliseconds, ascending; the last bin has no upper bound.
    package let latencyBounds: [Double]
    /// The control's error rate as known before the next reading.
    var controlRate = DecayingRate()
    /// The control's latencies before the stage, until a scale is created from them; zeros from then on.
    var controlLatencies: [Int]
    var scale: LatencyScale? {
        didSet {
            if scale != nil { controlLatencies = Array(repeating: 0, count: controlLatencies.count) }
        }
    }
    var live = Comparison()
    var mirrored = Comparison()
    var pairedFailures = PairedFailures()
    var hardLimit: RateLimit?
    var disagreement: RateLimit?
    var agreement: RateProof?
    /// The number of readings in a row outside their limits, by metric name.
    var failuresInARow: [String: Int] = [:]

    /// The processes that compare two arms; there is one set for live requests and one for mirrored pairs.
    struct Comparison: Hashable, Sendable, Codable {
        var errors = ErrorComparison()
        var errorSafety: ErrorNonInferiority?
        var latency = LatencyComparison()
        var exceedances: [ExceedanceProof] = []
    }

    /// Creates empty evidence.
    ///
    /// - Parameter latencyBounds: The upper bounds of the latency bins; empty if latencies are unknown.
    package init(latencyBounds: [Double] = []) {
        self.latencyBounds = latencyBounds
        controlLatencies = Array(repeating: 0, count: latencyBounds.isEmpty ? 0 : latencyBounds.count + 1)
    }

    /// Creates empty evidence that compares latencies on an existing scale.
    package init(scale: LatencyScale) {
        self.init(latencyBounds: scale.bounds)
        self.scale = scale
    }

    /// Records the control's requests outside watched stages as the measure of what is normal.
    ///
    /// - Parameters:
    ///   - counts: The increments since the previous call.
    ///   - elapsed: The seconds by which earlier requests are discounted. With 0, as for the minutes just before the
    ///     first stage, all requests count equally. Default: 0.
    /// - Returns: What is wrong with the counts; invalid counts are ignored.
    @discardableResult
    package mutating func observeControl(_ counts: Reading.Counts, elapsed: Double = 0) -> [ReadingFinding] {
        let findings = counts.findings(of: "control", bins: controlLatencies.count)
        guard findings.isEmpty else { return findings }
        controlRate.add(errors: counts.errors, of: counts.requests, elapsed: elapsed)
        if scale == nil { controlLatencies.add(counts.latencies) }
        return []
    }
}

extension [Int] {
    /// Adds the counts bin by bin; bins beyond the last of `self` are ignored.
    mutating func add(_ other: [Int]) {
        for (index, count) in other.enumerated() where index < self.count {
            self[index] = self[index].addingClamped(count)
        }
    }
}
