/// Green's share of live requests, as it is known before the next reading.
struct RunningShare: Hashable, Sendable, Codable {
    /// Requests that the configured weight counts for.
    static let pseudoRequests = 500.0
    /// What the prior of the check is worth.
    static let checkRequests = 20.0

    /// The configured share, in (0, 1), or the one that was measured where that was far off.
    let weight: Double
    private(set) var candidate = 0
    private(set) var total = 0

    init(weight: Double) { self.weight = weight }

    /// Always in (0, 1).
    var value: Double {
        (Self.pseudoRequests * weight + Double(candidate)) / (Self.pseudoRequests + Double(total))
    }

    /// `ln E` against the share being the configured one: the mixture of binomial likelihood ratios over a Beta prior
    /// around it (the sequential sample-ratio check of Lindon and Malek, 2022).
    ///
    /// The prior is wide, so that a share that is far off is told before it can look like evidence about green.
    var logE: Double {
        guard weight > 0, weight < 1 else { return 0 }
        let (green, blue) = (Double(candidate), Double(total - candidate))
        let (priorGreen, priorBlue) = (Self.checkRequests * weight, Self.checkRequests * (1 - weight))
        return Beta.log(priorGreen + green, priorBlue + blue) - Beta.log(priorGreen, priorBlue)
            - green * Mathematics.log(weight) - blue * Mathematics.log1p(-weight)
    }

    /// Green's part of the requests so far; the configured one without any.
    var measured: Double { total > 0 ? Double(candidate) / Double(total) : weight }

    /// As ``measured``, in (0, 1) however few there are.
    var likely: Double { (Double(candidate) + 0.5) / (Double(total) + 1) }

    /// True where green gets less than two thirds of what it should; a share that is too large makes no alarms.
    var isFarOff: Bool { measured < Self.farOff * weight }

    private static let farOff = 2.0 / 3

    mutating func add(candidate newCandidate: Int, control: Int) {
        candidate = candidate.addingClamped(newCandidate)
        total = total.addingClamped(newCandidate).addingClamped(control)
    }
}

extension Int {
    /// The sum, or the largest number there is.
    func addingClamped(_ other: Int) -> Int {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other > 0 ? .max : .min) : sum
    }
}
