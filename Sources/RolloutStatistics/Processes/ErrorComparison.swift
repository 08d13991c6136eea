/// Evidence that green fails more often than blue: H0, green's error rate ≤ blue's at every moment.
///
/// For odds ratios o, θa = oθ/(1−θ+oθ) is green's rate under the alternative where blue's is θ; the e-process is the mean
/// over o of the products of ``Bet``s. Its size in memory does not grow.
struct ErrorComparison: Hashable, Sendable, Codable {
    static let oddsRatios = [1.5, 2.5, 5, 12, 40, 200]

    private var mixture = LogMixture(count: oddsRatios.count)

    var logE: Double { mixture.logE }

    /// - Parameters:
    ///   - requests: of this reading.
    ///   - rate: blue's error rate as it was known before this reading, in (0, 1).
    ///   - weight: green's share as it was known before this reading, in (0, 1).
    mutating func add(_ requests: Arms, rate: Double, weight: Double) {
        for (index, odds) in Self.oddsRatios.enumerated() {
            let candidate = odds * rate / (1 - rate + odds * rate)
            let bet = Bet(candidate: candidate, control: rate, weight: weight)
            mixture.multiply(index, byExpOf: bet.pays(requests))
        }
    }
}

/// Evidence that green fails less often than blue and a margin δ: H0, green's error rate ≥ blue's ⊕ δ.
///
/// Blue's errors are thickened by δ: a success of blue's counts with probability δ as a failure, and pays what these two
/// pay in the mean (Rao and Blackwell). `x ⊕ δ` is `x + δ(1−x)`.
struct ErrorNonInferiority: Hashable, Sendable, Codable {
    static let factors = [0.5, 1, 1.5]

    /// δ, in (0, 1).
    let margin: Double
    private var mixture = LogMixture(count: factors.count)

    init(margin: Double) { self.margin = margin }

    var logE: Double { mixture.logE }

    /// As ``ErrorComparison/add(_:rate:weight:)``.
    mutating func add(_ requests: Arms, rate: Double, weight: Double) {
        let thickened = rate + margin * (1 - rate)
        for (index, factor) in Self.factors.enumerated() {
            let candidate = min(factor * rate, 0.9 * thickened)
            var bet = Bet(candidate: candidate, control: thickened, weight: weight)
            let mean = weight * candidate + (1 - weight) * thickened
            bet.controlSuccess = Mathematics.log(
                (1 - margin) * (1 - thickened) / (1 - mean) + margin * thickened / mean)
            mixture.multiply(index, byExpOf: bet.pays(requests))
        }
    }
}
