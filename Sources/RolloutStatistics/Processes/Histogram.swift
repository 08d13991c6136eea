extension [Int] {
    /// The value at or below which a fraction `level` of the counts lies, interpolated linearly in the logarithm inside
    /// a bin.
    ///
    /// - Parameters:
    ///   - level: The level, in [0, 1].
    ///   - bounds: The upper bounds of all bins but the last, which has none.
    /// - Returns: The quantile, at most the last bound; `nil` without counts.
    func quantile(_ level: Double, bounds: [Double]) -> Double? {
        let total = reduce(0.0) { $0 + Double($1) }
        guard total > 0, count == bounds.count + 1 else { return nil }
        var below = 0.0
        for (bin, bound) in bounds.enumerated() {
            let inside = Double(self[bin])
            if inside > 0, below + inside >= level * total {
                let part = (level * total - below) / inside
                let low = bin > 0 ? bounds[bin - 1] : 0
                guard low > 0 else { return low + (bound - low) * part }
                return low * Mathematics.power(bound / low, part)
            }
            below += inside
        }
        return bounds.last
    }
}

extension LatencyScale {
    /// Creates the scale from a histogram of the control before the stage; the bounds nearest to the levels become
    /// edges.
    ///
    /// - Returns: `nil` for fewer than ``minimumSample`` requests, or if no bound divides them.
    init?(bounds: [Double], counts: [Int], limits: LatencyLimits) {
        let total = counts.reduce(0.0) { $0 + Double($1) }
        guard !bounds.isEmpty, counts.count == bounds.count + 1, total >= Double(Self.minimumSample) else { return nil }
        var below = 0.0
        var known: [(bound: Double, level: Double)] = []
        for (bound, count) in zip(bounds, counts) {
            below += Double(count)
            if count > 0, below < total { known.append((bound, below / total)) }
        }
        let places = LatencyHistogram(bounds: bounds, counts: counts, total: total)
        var edges: [(bound: Double, level: Double)] = []
        for level in Self.levels {
            guard let near = known.min(by: { ($0.level - level).magnitude < ($1.level - level).magnitude }),
                near.level > edges.last?.level ?? 0, places.cut(near.bound * (1 + limits.tolerance)) != nil
            else { continue }
            edges.append(near)
        }
        guard !edges.isEmpty else { return nil }
        self.init(
            bounds: bounds, levels: edges.map(\.level), controlEdges: edges.compactMap { places.cut($0.bound) },
            candidateEdges: edges.compactMap { places.cut($0.bound * (1 + limits.tolerance)) },
            exceedances: [(0.5, limits.p50Margin), (0.95, limits.p95Margin)].compactMap { quantile, margin in
                let near = known.min { ($0.level - quantile).magnitude < ($1.level - quantile).magnitude }
                guard let near, let candidate = places.cut(near.bound),
                    let control = places.cut(near.bound / (1 + margin))
                else { return nil }
                let rate = 1 - control.countBelow(in: counts) / total
                guard rate > 1 - near.level else { return nil }
                return Exceedance(
                    quantile: quantile, candidateCut: candidate, controlCut: control, candidateRate: 1 - near.level,
                    controlRate: min(rate, Self.highestRate))
            })
    }

    /// The highest rate on which a bet can still be placed.
    static let highestRate = 1 - 1e-6
}

/// A histogram in which latencies can be located.
private struct LatencyHistogram {
    var bounds: [Double]
    var counts: [Int]
    var total: Double

    /// The position of a latency; `nil` beyond the last bound, where the number of lower latencies is unknown.
    func cut(_ latency: Double) -> LatencyScale.Cut? {
        guard let bin = bounds.firstIndex(where: { $0 >= latency * (1 - 1e-9) }) else { return nil }
        guard (bounds[bin] - latency).magnitude > latency * 1e-9 else { return LatencyScale.Cut(bin: bin + 1, part: 0) }
        let low = bin > 0 ? bounds[bin - 1] : 0
        let part =
            low > 0 ? Mathematics.log(latency / low) / Mathematics.log(bounds[bin] / low) : latency / bounds[bin]
        return LatencyScale.Cut(bin: bin, part: part)
    }
}
