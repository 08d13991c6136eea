/// An error rate as an exponentially weighted mean with a half-life of 10 minutes.
struct DecayingRate: Hashable, Sendable, Codable {
    static let halfLife = 600.0
    static let range = 1e-5...0.6

    // The prior is half an error in one request.
    private var errors = 0.5
    private var requests = 1.0
    /// Whether any requests were added to the prior.
    private(set) var isKnown = false

    /// The rate, clamped to 1e-5...0.6.
    var value: Double { min(max(errors / requests, Self.range.lowerBound), Self.range.upperBound) }

    /// Adds the requests of a reading.
    ///
    /// - Parameters:
    ///   - newErrors: The number of failed requests.
    ///   - newRequests: The number of requests, at least `newErrors`.
    ///   - elapsed: The seconds since the last reading, by which earlier requests are discounted.
    mutating func add(errors newErrors: Int, of newRequests: Int, elapsed: Double) {
        // The remembered rate stays defined however long there is no data.
        let kept = max(Mathematics.power(0.5, max(elapsed, 0) / Self.halfLife), min(1e-9 / requests, 1))
        errors = errors * kept + Double(newErrors)
        requests = requests * kept + Double(newRequests)
        if newRequests > 0 { isKnown = true }
    }
}
