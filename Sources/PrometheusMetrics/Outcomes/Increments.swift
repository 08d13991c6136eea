internal import RolloutEngine

/// By how much counters grew in a stretch of time.
struct Increments {
    /// After this sample's time; nil: from when the counters were 0.
    var begin: Double?
    /// Seconds since 1970.
    var end: Double
    /// True once a counter was seen to begin anew.
    private(set) var sawRestart = false

    init(begin: Double?, end: Double) {
        self.begin = begin
        self.end = end
    }

    /// How much one counter grew.
    ///
    /// A counter that has no sample at the beginning was not there: it began at 0. One that is less than it was has
    /// begun at 0 again (Prometheus' `increase` sees it so, too, but also stretches what it saw to the whole range).
    mutating func growth(of samples: [PrometheusAnswer.Sample]) -> Double {
        let counted = samples.filter { $0.time <= end && $0.value.isFinite }
        guard let begin else { return counted.last?.value ?? 0 }
        var last = counted.last { $0.time <= begin }?.value ?? 0
        var growth = 0.0
        for sample in counted where sample.time > begin {
            if sample.value < last {
                sawRestart = true
                growth += sample.value
            } else {
                growth += sample.value - last
            }
            last = sample.value
        }
        return growth
    }
}

extension OutcomeReading.Counts {
    /// Adds a classic histogram, whose counts are of all latencies up to a bound.
    ///
    /// The bins of a source are mostly coarser than ours: what is in one is counted at its upper end.
    ///
    /// - Parameters:
    ///   - growth: By how much the counts grew, by `le`.
    ///   - unit: How many milliseconds 1 of `le` is.
    mutating func add(histogram growth: [Double: Double], unit: Double) {
        var below = 0
        for (bound, count) in growth.sorted(by: { $0.key < $1.key }) {
            let upTo = Int(min(count.rounded(), 1e15))
            latencies[OutcomeReading.latencyBin(ofMilliseconds: bound * unit)] += max(upTo - below, 0)
            below = max(upTo, below)
        }
    }
}
