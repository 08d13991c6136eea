/// Chooses among up to 255 deployments by whole percents, in constant time.
struct WeightedChoice: Sendable {
    /// The index of the deployment for each percent.
    private let places: [UInt8]

    /// Returns `nil` if no deployment has a positive percentage.
    init?(percents: [Int]) {
        var places: [UInt8] = []
        for (index, percent) in percents.prefix(Int(UInt8.max)).enumerated() where percent > 0 {
            places.append(contentsOf: repeatElement(UInt8(index), count: min(percent, 100)))
        }
        guard !places.isEmpty else { return nil }
        self.places = places
    }

    /// The index of the deployment that a request with this random number goes to.
    func index(at draw: UInt32) -> Int {
        Int(places[Int((UInt64(draw) * UInt64(places.count)) >> 32)])
    }
}
