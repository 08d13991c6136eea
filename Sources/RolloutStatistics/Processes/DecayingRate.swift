/// An error rate that forgets: an exponentially weighted mean with a half-life of 10 minutes.
struct DecayingRate: Hashable, Sendable, Codable {
    static let halfLife = 600.0
    static let range = 1e-5...0.6

    // Half an error in one request is what is believed before anything is known.
    private var errors = 0.5
    private var requests = 1.0
    /// False as long as nothing but that belief is in it.
    private(set) var isKnown = false

    /// Between 1e-5 and 0.6.
    var value: Double { min(max(errors / requests, Self.range.lowerBound), Self.range.upperBound) }

    /// - Parameters:
    ///   - newErrors: of the requests.
    ///   - newRequests: at least as many.
    ///   - elapsed: seconds since the last ones, by which those before are forgotten.
    mutating func add(errors newErrors: Int, of newRequests: Int, elapsed: Double) {
        // However long nothing is heard, the rate that is remembered stays one.
        let kept = max(Mathematics.power(0.5, max(elapsed, 0) / Self.halfLife), min(1e-9 / requests, 1))
        errors = errors * kept + Double(newErrors)
        requests = requests * kept + Double(newRequests)
        if newRequests > 0 { isKnown = true }
    }
}
