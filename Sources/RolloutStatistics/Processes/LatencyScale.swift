/// How green's and blue's latencies are compared: bins between blue's quantiles before the stage, and the two quantiles
/// of which passing tells.
///
/// All counts come from one histogram with upper bounds in milliseconds. A limit that is no bound of it is reached by
/// interpolation, linear in the logarithm of the latency.
package struct LatencyScale: Hashable, Sendable {
    /// The quantiles of blue between which bins lie.
    static let levels = [0.1, 0.25, 0.4, 0.5, 0.6, 0.7, 0.8, 0.87, 0.92, 0.95, 0.97, 0.985, 0.995]

    /// Upper bounds of the histogram's bins, ascending; the last bin has none.
    package let bounds: [Double]
    /// Blue's part at or below each edge, ascending, in (0, 1).
    let levels: [Double]
    /// The edges for blue, and the same for green: larger by the tolerance.
    let controlEdges: [Cut]
    let candidateEdges: [Cut]
    /// For p50 and p95; empty where the histogram cannot tell.
    let exceedances: [Exceedance]
    /// Of the bins between the edges.
    let ratios: ShiftRatios

    init(bounds: [Double], levels: [Double], controlEdges: [Cut], candidateEdges: [Cut], exceedances: [Exceedance]) {
        self.bounds = bounds
        self.levels = levels
        self.controlEdges = controlEdges
        self.candidateEdges = candidateEdges
        self.exceedances = exceedances
        ratios = ShiftRatios(levels: levels)
    }

    /// A place in a histogram: all of the bins before ``bin`` and a part of that one.
    struct Cut: Hashable, Sendable, Codable {
        var bin: Int
        var part: Double

        /// How many of the counted are at or below.
        func countBelow(in bins: [Int]) -> Double {
            var sum = 0.0
            for index in 0..<bin { sum += Double(bins[index]) }
            return part > 0 ? sum + part * Double(bins[bin]) : sum
        }
    }

    /// Which requests are slow for passing.
    struct Exceedance: Hashable, Sendable, Codable {
        /// The level of blue's quantile that is meant: 0.5 or 0.95.
        var quantile: Double
        var candidateCut: Cut
        /// The same latency without the margin.
        var controlCut: Cut
        /// The part of blue that is beyond its quantile, and the part beyond that without the margin.
        var candidateRate: Double
        var controlRate: Double
    }
}

extension LatencyScale {
    /// The scale by single latencies of blue before the stage, in milliseconds: every limit becomes a bound.
    ///
    /// - Returns: Nil for fewer than ``minimumSample``, or when they are all alike.
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

    /// Blue's latencies before a stage that are enough to compare by.
    package static let minimumSample = 100
}
