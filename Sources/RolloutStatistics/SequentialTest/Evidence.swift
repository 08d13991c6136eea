/// What is known about green and blue: small, and carried from stage to stage and over crashes.
///
/// Make a new one when green changes. Before a stage, tell it what blue did by ``observeControl(_:elapsed:)``.
package struct Evidence: Hashable, Sendable {
    /// Upper bounds of the latency bins of every reading, in milliseconds, ascending; the last bin has none.
    package let latencyBounds: [Double]
    /// Blue's error rate, as it is known before the next reading.
    var controlRate = DecayingRate()
    /// Blue's latencies before the stage, until a scale is made of them; zeros from then on.
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
    /// Readings in a row outside their limits, by the metric's name.
    var failuresInARow: [String: Int] = [:]

    /// The processes that compare two arms; one for live requests and one for mirrored pairs.
    struct Comparison: Hashable, Sendable, Codable {
        var errors = ErrorComparison()
        var errorSafety: ErrorNonInferiority?
        var latency = LatencyComparison()
        var exceedances: [ExceedanceProof] = []
    }

    /// - Parameter latencyBounds: empty where latencies are not known.
    package init(latencyBounds: [Double] = []) {
        self.latencyBounds = latencyBounds
        controlLatencies = Array(repeating: 0, count: latencyBounds.isEmpty ? 0 : latencyBounds.count + 1)
    }

    /// With latencies compared by a scale that is already known.
    package init(scale: LatencyScale) {
        self.init(latencyBounds: scale.bounds)
        self.scale = scale
    }

    /// Takes what blue did while no stage was watched as the measure of what is normal.
    ///
    /// - Parameters:
    ///   - counts: increments.
    ///   - elapsed: the seconds by which what is known becomes older. Zero, as for the minutes right before the first
    ///     stage, lets all that was told count alike.
    /// - Returns: what is wrong with the counts; they then count for nothing.
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
    /// Adds bin by bin; nothing, for no bins.
    mutating func add(_ other: [Int]) {
        for (index, count) in other.enumerated() where index < self.count {
            self[index] = self[index].addingClamped(count)
        }
    }
}
