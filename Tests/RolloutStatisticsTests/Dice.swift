/// Pseudo-random numbers with a seed that is fixed in the test (splitmix64).
struct Dice {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func uniform() -> Double {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return Double((z ^ (z >> 31)) >> 11) * 0x1p-53
    }

    mutating func binomial(_ count: Int, _ probability: Double) -> Int {
        var hits = 0
        for _ in 0..<max(count, 0) where uniform() < probability { hits += 1 }
        return hits
    }

    /// Requests to one deployment, with latencies in bins of these weights.
    mutating func counts(_ requests: Int, errors: Double, bins: [Double] = []) -> (Int, Int, [Int]) {
        var latencies = Array(repeating: 0, count: bins.count)
        for _ in 0..<(bins.isEmpty ? 0 : requests) {
            var u = uniform()
            var bin = 0
            while bin < bins.count - 1, u >= bins[bin] {
                u -= bins[bin]
                bin += 1
            }
            latencies[bin] += 1
        }
        return (requests, binomial(requests, errors), latencies)
    }
}
