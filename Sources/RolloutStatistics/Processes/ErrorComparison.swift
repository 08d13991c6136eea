/// Evidence that the candidate fails more often than the control.
///
/// H0: the candidate's error rate is ≤ the control's at every moment. For an odds ratio o, θa = oθ/(1−θ+oθ) is the
/// candidate's rate under the alternative if the control's is θ. The e-process is the mean over o of the products of
/// ``Bet``s. Its memory use is constant.
struct ErrorComparison: Hashable, Sendable, Codable {
    static let oddsRatios = [1.5, 2.5, 5, 12, 40, 200]

    private var mixture = LogMixture(count: oddsRatios.count)

    var logE: Double { mixture.logE }

    /// Adds the requests of a reading.
    ///
    /// - Parameters:
    ///   - requests: The requests of this reading.
    ///   - rate: The control's error rate as known before this reading, in (0, 1).
    ///   - weight: The candidate's share as known before this reading, in (0, 1).
    mutating func add(_ requests: Arms, rate: Double, weight: Double) {
        for (index, odds) in Self.oddsRatios.enumerated() {
            let candidate = odds * rate / (1 - rate + odds * rate)
            let bet = Bet(candidate: candidate, control: rate, weight: weight)
            mixture.multiply(index, byExpOf: bet.pays(requests))
        }
    }
}

/// Evidence that the candidate's error rate is below the control's plus a margin δ.
///
/// H0: the candidate's error rate is ≥ the control's ⊕ δ, where `x ⊕ δ` is `x + δ(1−x)`. The control's errors are
/// thickened by δ: a success of the control counts with probability δ as a failure, and pays the mean of the two
/// payoffs (Rao and Blackwell).
struct ErrorNonInferiority: Hashable, Sendable, Codable {
    static let factors = [0.5, 1, 1.5]

    /// The margin δ, in (0, 1).
    let margin: Double
    private var mixture = LogMixture(count: factors.count)

    init(margin: Double) { self.margin = margin }

    var logE: Double { mixture.logE }

    /// Adds the requests of a reading; see ``ErrorComparison/add(_:rate:weight:)``.
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
