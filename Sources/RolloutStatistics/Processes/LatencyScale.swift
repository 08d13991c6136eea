/// The scale on which the latencies of the candidate and the control are compared.
///
/// It consists of bins between the control's quantiles before the stage, and of the two quantiles that decide about
/// passing. All counts come from one histogram with upper bounds in milliseconds. A limit that is not one of these
/// bounds is interpolated, linearly in the logarithm of the latency.
package struct LatencyScale: Hashable, Sendable {
    /// The control's quantiles that separate the bins.
    static let levels = [0.1, 0.25, 0.4, 0.5, 0.6, 0.7, 0.8, 0.87, 0.92, 0.95, 0.97, 0.985, 0.995]

    /// Upper bounds of the histogram's bins in milliseconds, ascending; the last bin has no upper bound.
    package let bounds: [Double]
    /// The control's fraction at or below each edge, ascending, in (0, 1).
    let levels: [Double]
    /// The edges for the control, and those for the candidate, which are larger by the tolerance.
    let controlEdges: [Cut]
    let candidateEdges: [Cut]
    /// The tests for p50 and p95; a test is missing if the histogram is too coarse for it.
    let exceedances: [Exceedance]
    /// The likelihood ratios of the bins between the edges.
    let ratios: ShiftRatios

    init(bounds: [Double], levels: [Double], controlEdges: [Cut], candidateEdges: [Cut], exceedances: [Exceedance]) {
        self.bounds = bounds
        self.levels = levels
        self.controlEdges = controlEdges
        self.candidateEdges = candidateEdges
        self.exceedances = exceedances
        ratios = ShiftRatios(levels: levels)
    }

    /// A position in a histogram: all bins before ``bin`` and the fraction ``part`` of that one.
    struct Cut: Hashable, Sendable, Codable {
        var bin: Int
        var part: Double

        /// The number of counts at or below this position.
        func countBelow(in bins: [Int]) -> Double {
            var sum = 0.0
            for index in 0..<bin { sum += Double(bins[index]) }
            return part > 0 ? sum + part * Double(bins[bin]) : sum
        }
    }

    /// The definition of a slow request for one quantile.
    struct Exceedance: Hashable, Sendable, Codable {
        /// The level of the control's quantile: 0.5 or 0.95.
        var quantile: Double
        var candidateCut: Cut
        /// The candidate's limit divided by 1 plus the margin.
        var controlCut: Cut
        /// The fraction of the control's requests beyond `candidateCut`, and the fraction beyond `controlCut`.
        var candidateRate: Double
        var controlRate: Double
    }
}

extension LatencyScale {
    /// Creates the scale from individual latencies of the control before the stage, in milliseconds.
    ///
    /// Every limit becomes a bound of the histogram.
    ///
    /// - Returns: `nil` for fewer than ``minimumSample`` latencies.
    package init?(sample: [Double], limits: LatencyLimits) {
        let sorted = sample.filter { $0.isFinite && $0 >= 0 }.sorted()
        guard sorted.count >= Self.minimumSample else { return nil }
        func quantile(_ level: Double) -> Double {
            sorted[min(Int(level * Double(sorted.count)), sorted.count - 1)]
        }
        var edges: [Double] = []
        var levels: [Double] = []
        for level in Self.levels where quantile(level) > edges.last ?? 0 && quantile(level) < sorted[sorted.count - 1] {
            edges.append(quantile(level))
            levels.append(level)
        }
        let tests = [(0.5, limits.p50Margin), (0.95, limits.p95Margin)].map { level, margin in
            (level: level, candidate: quantile(level), control: quantile(level) / (1 + margin))
        }
        let bounds = Set(
            edges + edges.map { $0 * (1 + limits.tolerance) } + tests.flatMap { [$0.candidate, $0.control] }
        ).sorted()
        func cut(_ latency: Double) -> Cut {
            Cut(bin: (bounds.firstIndex { $0 >= latency } ?? bounds.count - 1) + 1, part: 0)
        }
        self.init(
            bounds: bounds, levels: levels, controlEdges: edges.map(cut),
            candidateEdges: edges.map { cut($0 * (1 + limits.tolerance)) },
            exceedances: tests.compactMap { test in
                let below = sorted.firstIndex { $0 > test.control } ?? sorted.count
                let rate = Double(sorted.count - below) / Double(sorted.count)
                return Exceedance(
                    quantile: test.level, candidateCut: cut(test.candidate), controlCut: cut(test.control),
                    candidateRate: 1 - test.level, controlRate: rate)
            })
    }

    /// The minimum number of the control's latencies before a stage for a comparison.
    package static let minimumSample = 100
}
