/// Evidence that a rate is above its limit.
///
/// H0: the rate is ≤ the limit d at every moment. The e-process is the mean over odds ratios o of the products of
/// Bernoulli likelihood ratios q/d and (1−q)/(1−d), with q = od/(1−d+od).
struct RateLimit: Hashable, Sendable, Codable {
    static let oddsRatios = [1.3, 1.7, 2.7, 6, 40]

    /// The limit d, in (0, 1).
    let limit: Double
    private var mixture = LogMixture(count: oddsRatios.count)

    init(limit: Double) { self.limit = limit }

    var logE: Double { mixture.logE }

    mutating func add(events: Int, of trials: Int) {
        for (index, odds) in Self.oddsRatios.enumerated() {
            let rate = odds * limit / (1 - limit + odds * limit)
            mixture.multiply(
                index,
                byExpOf: Double(events) * Mathematics.log(rate / limit)
                    + Double(trials - events) * Mathematics.log((1 - rate) / (1 - limit)))
        }
    }
}

/// Evidence that a rate is below its limit.
///
/// H0: the rate is ≥ the limit; the alternatives are fractions f of the limit.
struct RateProof: Hashable, Sendable, Codable {
    static let factors = [0.8, 0.5, 0.25, 0.05]

    /// The limit, in (0, 1).
    let limit: Double
    private var mixture = LogMixture(count: factors.count)

    init(limit: Double) { self.limit = limit }

    var logE: Double { mixture.logE }

    mutating func add(events: Int, of trials: Int) {
        for (index, factor) in Self.factors.enumerated() {
            mixture.multiply(
                index,
                byExpOf: Double(events) * Mathematics.log(factor)
                    + Double(trials - events) * Mathematics.log((1 - factor * limit) / (1 - limit)))
        }
    }
}
