/// Evidence that the candidate is slower than the control.
///
/// H0: the candidate's latencies are stochastically at most the control's at every moment. For shifts k of the normal
/// score, r(bin) = [Φ(z_hi−k)−Φ(z_lo−k)]/[Φ(z_hi)−Φ(z_lo)] with z = Φ⁻¹(level of the edge), which increases with the
/// bin. The candidate's requests pay ln(r/(wr+1−w)), the control's −ln(wr+1−w), and E is the mean over k.
struct LatencyComparison: Hashable, Sendable, Codable {
    static let shifts = [0.1, 0.2, 0.4, 0.8, 1.6]

    private var mixture = LogMixture(count: shifts.count)

    var logE: Double { mixture.logE }

    /// Adds the requests of a reading.
    ///
    /// - Parameters:
    ///   - candidate: The candidate's requests of this reading by bin, with one more bin than the scale has edges.
    ///   - control: The control's requests by bin.
    ///   - ratios: The likelihood ratios of the bins.
    ///   - weight: The candidate's share as known before this reading, in (0, 1).
    mutating func add(candidate: [Double], control: [Double], ratios: ShiftRatios, weight: Double) {
        for index in Self.shifts.indices {
            var increment = 0.0
            for (bin, ratio) in ratios.byShift[index].enumerated() {
                let mean = Mathematics.log(weight * ratio + 1 - weight)
                increment += candidate[bin] * (ratios.logsByShift[index][bin] - mean) - control[bin] * mean
            }
            mixture.multiply(index, byExpOf: increment)
        }
    }
}

/// The likelihood ratios r of ``LatencyComparison``, computed once for each scale.
struct ShiftRatios: Hashable, Sendable {
    let byShift: [[Double]]
    let logsByShift: [[Double]]

    /// Computes the ratios.
    ///
    /// - Parameter levels: The levels of the edges, ascending, in (0, 1).
    init(levels: [Double]) {
        let scores = [-Double.infinity] + levels.map(Normal.quantile) + [.infinity]
        let masses = zip(levels + [1], [0] + levels).map { $0 - $1 }
        byShift = LatencyComparison.shifts.map { shift in
            zip(zip(scores.dropFirst(), scores), masses).map { scores, mass in
                (Normal.cdf(scores.0 - shift) - Normal.cdf(scores.1 - shift)) / mass
            }
        }
        logsByShift = byShift.map { $0.map(Mathematics.log) }
    }
}

/// Evidence that the candidate is slow less often than the control would be at its margin: a Bernoulli bet on
/// exceedance.
struct ExceedanceProof: Hashable, Sendable, Codable {
    private(set) var logE = 0.0

    mutating func add(_ requests: Arms, test: LatencyScale.Exceedance, weight: Double) {
        logE += Bet(candidate: test.candidateRate, control: test.controlRate, weight: weight).pays(requests)
    }
}
