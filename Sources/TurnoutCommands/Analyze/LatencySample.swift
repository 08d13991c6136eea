/// A uniform random sample of the control's latencies before the stage, in milliseconds.
struct LatencySample {
    /// The size of the sample.
    static let limit = 1 << 18

    private(set) var values: [Double] = []
    private var seen: UInt64 = 0
    private var state: UInt64 = 0x9E37_79B9_7F4A_7C15

    /// Adds a value by Vitter's algorithm R, with a fixed seed.
    mutating func add(_ value: Double) {
        seen += 1
        guard values.count >= Self.limit else { return values.append(value) }
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let place = (state >> 11) % seen
        if place < UInt64(Self.limit) { values[Int(place)] = value }
    }
}
