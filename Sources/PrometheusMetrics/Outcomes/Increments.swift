internal import RolloutEngine

/// By how much counters grew after a moment at which their values are known.
struct Increments {
    /// What each counter showed at the beginning.
    private let bases: [[String: String]: Double]
    /// Whose counters were told at the beginning.
    private let targets: Set<Target>
    /// True once a counter was seen to begin anew, or a server to be told of that was not before.
    private(set) var sawRestart = false

    /// A server that is scraped, as Prometheus labels it.
    private struct Target: Hashable {
        var job: String?
        var instance: String?

        init(_ labels: [String: String]) {
            job = labels["job"]
            instance = labels["instance"]
        }
    }

    /// - Parameters:
    ///   - bases: The counters at the beginning, one sample each.
    ///   - known: Counters that tell who was scraped at the beginning.
    init(bases: [PrometheusAnswer.Series], known: [PrometheusAnswer.Series]) {
        self.bases = Dictionary(
            bases.compactMap { series in series.samples.last.map { (series.labels, $0.value) } },
            uniquingKeysWith: { first, _ in first })
        targets = Set(known.map { Target($0.labels) })
    }

    /// How much one counter grew.
    ///
    /// A counter that is less than it was has begun at 0 again (Prometheus' `increase` sees it so, too, but also
    /// stretches what it saw to the whole range). One that was not there at the beginning began at 0, if others of its
    /// server were: gateways make a counter when it is needed. Of a server that was not told of at the beginning nobody
    /// knows since when it counts, so that its first sample is where counting begins.
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
