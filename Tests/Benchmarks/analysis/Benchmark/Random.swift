import Foundation

/// xoshiro256**, seeded by splitmix64 (Blackman and Vigna, 2018).
struct Generator {
    private var state: (UInt64, UInt64, UInt64, UInt64)

    init(seed: UInt64) {
        var seed = seed
        func next() -> UInt64 {
            seed &+= 0x9E37_79B9_7F4A_7C15
            var z = seed
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
        state = (next(), next(), next(), next())
    }

    mutating func next() -> UInt64 {
        let result = rotated(state.1 &* 5, by: 7) &* 9
        let shifted = state.1 << 17
        state.2 ^= state.0
        state.3 ^= state.1
        state.1 ^= state.2
        state.0 ^= state.3
        state.2 ^= shifted
        state.3 = rotated(state.3, by: 45)
        return result
    }

    private func rotated(_ x: UInt64, by count: UInt64) -> UInt64 { (x << count) | (x >> (64 - count)) }

    /// In [0, 1).
    mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// By Marsaglia's polar method.
    mutating func normal() -> Double {
        while true {
            let u = 2 * uniform() - 1
            let v = 2 * uniform() - 1
            let s = u * u + v * v
            if s > 0, s < 1 { return u * (-2 * log(s) / s).squareRoot() }
        }
    }
}

extension Generator {
    /// Of `count` trials: by inversion where few are expected, and else by rejection from a table of halves.
    mutating func binomial(_ count: Int, _ probability: Double) -> Int {
        guard count > 0, probability > 0 else { return 0 }
        guard probability < 1 else { return count }
        guard probability <= 0.5 else { return count - binomial(count, 1 - probability) }
        guard Double(count) * probability >= 12 else { return inversion(count, probability) }
        return transformedRejection(count, probability)
    }

    private mutating func inversion(_ count: Int, _ probability: Double) -> Int {
        let odds = probability / (1 - probability)
        var mass = exp(Double(count) * log1p(-probability))
        var u = uniform()
        var k = 0
        while u > mass, k < count {
            u -= mass
            k += 1
            mass *= odds * Double(count - k + 1) / Double(k)
        }
        return k
    }

    /// BTRS: Hörmann, "The generation of binomial random variates", 1993.
    private mutating func transformedRejection(_ count: Int, _ p: Double) -> Int {
        let n = Double(count)
        let deviation = (n * p * (1 - p)).squareRoot()
        let b = 1.15 + 2.53 * deviation
        let a = -0.0873 + 0.0248 * b + 0.01 * p
        let c = n * p + 0.5
        let accepted = 0.92 - 4.2 / b
        let alpha = (2.83 + 5.1 / b) * deviation
        let odds = log(p / (1 - p))
        let mode = ((n + 1) * p).rounded(.down)
        let height = lgamma(mode + 1) + lgamma(n - mode + 1)
        while true {
            let u = uniform() - 0.5
            var v = uniform()
            let us = 0.5 - u.magnitude
            let k = ((2 * a / us + b) * u + c).rounded(.down)
            if us >= 0.07, v <= accepted { return Int(k) }
            guard k >= 0, k <= n else { continue }
            v = log(v * alpha / (a / (us * us) + b))
            if v <= height - lgamma(k + 1) - lgamma(n - k + 1) + (k - mode) * odds { return Int(k) }
        }
    }

    /// By inversion where few are expected, and else PTRS (Hörmann, 1993).
    mutating func poisson(_ mean: Double) -> Int {
        guard mean >= 10 else {
            let limit = exp(-mean)
            var product = uniform()
            var k = 0
            while product > limit {
                product *= uniform()
                k += 1
            }
            return k
        }
        let b = 0.931 + 2.53 * mean.squareRoot()
        let a = -0.059 + 0.02483 * b
        let inverse = 1.1239 + 1.1328 / (b - 3.4)
        let accepted = 0.9277 - 3.6224 / (b - 2)
        while true {
            let u = uniform() - 0.5
            let v = uniform()
            let us = 0.5 - u.magnitude
            let k = ((2 * a / us + b) * u + mean + 0.43).rounded(.down)
            if us >= 0.07, v <= accepted { return Int(k) }
            guard k >= 0, us >= 0.013 || v <= us else { continue }
            if log(v) + log(inverse) - log(a / (us * us) + b) <= -mean + k * log(mean) - lgamma(k + 1) { return Int(k) }
        }
    }

    /// Counts of `count` draws in `bins`, one binomial a bin.
    ///
    /// `conditionals` has the probability of each bin but the last, given that it is none before.
    mutating func multinomial(_ count: Int, conditionals: [Double], into bins: inout [Int]) {
        var rest = count
        for (bin, probability) in conditionals.enumerated() {
            let drawn = rest > 0 ? binomial(rest, probability) : 0
            bins[bin] = drawn
            rest -= drawn
        }
        bins[conditionals.count] = rest
    }
}
