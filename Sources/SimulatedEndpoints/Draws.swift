#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#endif

extension SeededGenerator {
    /// Draws from the standard normal distribution (Box and Muller).
    mutating func normal() -> Double {
        let radius = (-2 * log(unit())).squareRoot()
        return radius * cos(2 * .pi * unit())
    }

    /// Draws how many of `count` independent trials succeed, each with probability `share`.
    ///
    /// The cost does not depend on `count`: few successes are counted one by one, and many are drawn from the normal
    /// distribution, whose error is then less than a percent of a standard deviation.
    mutating func successes(of count: Int, share: Double) -> Int {
        guard count > 0, share > 0 else { return 0 }
        guard share < 1 else { return count }
        guard share <= 0.5 else { return count - successes(of: count, share: 1 - share) }
        let mean = Double(count) * share
        let variance = mean * (1 - share)
        guard variance > 30 else { return successesByGaps(of: count, share: share) }
        let drawn = (mean + normal() * variance.squareRoot()).rounded()
        return Int(min(max(drawn, 0), Double(count)))
    }

    /// Jumps from one success to the next; the gaps are geometric (Devroye, "Non-Uniform Random Variate Generation",
    /// X.4).
    private mutating func successesByGaps(of count: Int, share: Double) -> Int {
        let scale = log1p(-share)
        var successes = 0
        var position = 0.0
        while true {
            position += (log(unit()) / scale).rounded(.down) + 1
            guard position <= Double(count) else { return successes }
            successes += 1
        }
    }

    /// Draws `count` latencies and adds them to their bins.
    mutating func draw(_ count: Int, from latencies: BinnedLatencies, into bins: inout [Int]) {
        guard count <= Self.manyLatencies else { return drawMany(count, latencies, into: &bins) }
        bins.withUnsafeMutableBufferPointer { bins in
            for _ in 0..<count { bins[latencies.bin(at: unit())] += 1 }
        }
    }

    /// The number of latencies from which they are drawn bin by bin.
    private static let manyLatencies = 1000

    private mutating func drawMany(_ count: Int, _ latencies: BinnedLatencies, into bins: inout [Int]) {
        var rest = count
        var below = 0.0
        for (offset, upTo) in latencies.shares.enumerated() where rest > 0 {
            let isLast = 1 - upTo < 1e-12
            let drawn = isLast ? rest : successes(of: rest, share: max(upTo - below, 0) / (1 - below))
            bins[latencies.firstBin + offset] += drawn
            rest -= drawn
            below = upTo
        }
    }

    /// Distributes `count` items independently in proportion to `weights`; the parts sum to `count`.
    ///
    /// If all weights are 0, the last part receives everything.
    mutating func split(_ count: Int, by weights: [Double]) -> [Int] {
        var rest = count
        var weight = weights.reduce(0, +)
        var parts = [Int](repeating: 0, count: weights.count)
        for index in weights.indices.dropLast() where rest > 0 && weight > 0 {
            parts[index] = successes(of: rest, share: min(weights[index] / weight, 1))
            rest -= parts[index]
            weight -= weights[index]
        }
        if let last = weights.lastIndex(where: { $0 > 0 }) ?? weights.indices.last { parts[last] += rest }
        return parts
    }
}
