/// The candidate's share of live requests, as known before the next reading.
struct RunningShare: Hashable, Sendable, Codable {
    /// The number of requests that the configured weight counts for.
    static let pseudoRequests = 500.0
    /// The number of requests that the prior of the sample-ratio check counts for.
    static let checkRequests = 20.0

    /// The configured share, or the measured one if that was far off; in (0, 1).
    let weight: Double
    private(set) var candidate = 0
    private(set) var total = 0

    init(weight: Double) { self.weight = weight }

    /// The estimated share, always in (0, 1).
    var value: Double {
        (Self.pseudoRequests * weight + Double(candidate)) / (Self.pseudoRequests + Double(total))
    }

    /// `ln E` against the hypothesis that the share is the configured one.
    ///
    /// It is a mixture of binomial likelihood ratios over a Beta prior around that share (the sequential sample-ratio
    /// check of Lindon and Malek, 2022). The prior is wide, so that a share that is far off is detected before it can
    /// look like evidence about the candidate.
    var logE: Double {
        guard weight > 0, weight < 1 else { return 0 }
        let (green, blue) = (Double(candidate), Double(total - candidate))
        let (priorGreen, priorBlue) = (Self.checkRequests * weight, Self.checkRequests * (1 - weight))
        return Beta.log(priorGreen + green, priorBlue + blue) - Beta.log(priorGreen, priorBlue)
            - green * Mathematics.log(weight) - blue * Mathematics.log1p(-weight)
    }

    /// The candidate's fraction of the requests so far; the configured share if there were none.
    var measured: Double { total > 0 ? Double(candidate) / Double(total) : weight }

    /// Like ``measured``, but within (0, 1) however few requests there were.
    var likely: Double { (Double(candidate) + 0.5) / (Double(total) + 1) }

    /// Whether the candidate gets less than two thirds of its share; a share that is too large causes no false alarms.
    var isFarOff: Bool { measured < Self.farOff * weight }

    private static let farOff = 2.0 / 3

    mutating func add(candidate newCandidate: Int, control: Int) {
        candidate = candidate.addingClamped(newCandidate)
        total = total.addingClamped(newCandidate).addingClamped(control)
    }
}

extension Int {
    /// The sum, clamped to the range of `Int`.
    func addingClamped(_ other: Int) -> Int {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other > 0 ? .max : .min) : sum
    }
}
