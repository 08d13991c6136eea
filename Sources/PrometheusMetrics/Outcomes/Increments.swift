internal import RolloutEngine

/// Computes the growth of counters since a moment at which their values were known.
struct Increments {
    /// The value of each counter at the beginning.
    private let bases: [[String: String]: Double]
    /// The targets that were scraped at the beginning.
    private let targets: Set<Target>
    /// Whether a counter was reset, or a target appeared that was not scraped at the beginning.
    private(set) var sawRestart = false

    /// A scraped server, identified by Prometheus' labels `job` and `instance`.
    private struct Target: Hashable {
        var job: String?
        var instance: String?

        init(_ labels: [String: String]) {
            job = labels["job"]
            instance = labels["instance"]
        }
    }

    /// Creates an accumulator.
    ///
    /// - Parameters:
    ///   - bases: The counters at the beginning, one sample each.
    ///   - known: Counters that identify the targets that were scraped at the beginning.
    init(bases: [PrometheusAnswer.Series], known: [PrometheusAnswer.Series]) {
        self.bases = Dictionary(
            bases.compactMap { series in series.samples.last.map { (series.labels, $0.value) } },
            uniquingKeysWith: { first, _ in first })
        targets = Set(known.map { Target($0.labels) })
    }

    /// The growth of one counter.
    ///
    /// A counter that decreased was reset to 0. (Prometheus' `increase` treats it likewise, but also extrapolates to
    /// the
    /// whole range.) A counter that is new on a known target started at 0, since gateways create counters on first use.
    /// For
    /// a target that was not scraped at the beginning, the start of its counting is unknown, so counting begins at its
    /// first
    /// sample.
    mutating func growth(of series: PrometheusAnswer.Series) -> Double {
        var counted = series.samples.filter(\.value.isFinite)[...]
        var last = bases[series.labels].flatMap { $0.isFinite ? $0 : nil } ?? 0
        if bases[series.labels] == nil, !targets.contains(Target(series.labels)), let first = counted.popFirst() {
            sawRestart = true
            last = first.value
        }
        var growth = 0.0
        for sample in counted {
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
    /// Adds a classic histogram, whose buckets are cumulative.
    ///
    /// The source's buckets are usually coarser than ours: the requests in one are counted at its upper bound.
    ///
    /// - Parameters:
    ///   - growth: The growth of the bucket counters by their `le`.
    ///   - unit: Milliseconds per unit of `le`.
    mutating func add(histogram growth: [Double: Double], unit: Double) {
        var below = 0
        for (bound, count) in growth.sorted(by: { $0.key < $1.key }) {
            let upTo = Int(min(count.rounded(), 1e15))
            latencies[OutcomeReading.latencyBin(ofMilliseconds: bound * unit)] += max(upTo - below, 0)
            below = max(upTo, below)
        }
    }
}
