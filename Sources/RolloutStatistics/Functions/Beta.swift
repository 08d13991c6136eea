#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// The beta function and the distribution of that name.
enum Beta {
    /// ln B(a, b), for a and b above 0.
    static func log(_ a: Double, _ b: Double) -> Double { logGamma(a) + logGamma(b) - logGamma(a + b) }

    /// ln(1 − I_½(a, b)) = ln I_½(b, a), also where that is too small for a `Double`.
    static func logUpperHalf(_ a: Double, _ b: Double) -> Double {
        guard b <= a else { return logFraction(b, a) }
        return Mathematics.log1p(-Mathematics.exp(logFraction(a, b)))
    }

    /// ln I_½(a, b) for b ≤ a, by the continued fraction.
    private static func logFraction(_ a: Double, _ b: Double) -> Double {
        let ln2 = Mathematics.log(2)
        return -(a + b) * ln2 - log(a, b) - Mathematics.log(a) + Mathematics.log(continuedFraction(0.5, a, b))
    }

    /// Lentz's evaluation of the continued fraction of the incomplete beta function.
    private static func continuedFraction(_ x: Double, _ a: Double, _ b: Double) -> Double {
        var c = 1.0
        var d = 1 / (1 - (a + b) * x / (a + 1))
        var result = d
        for step in 1...100_000 {
            let m = Double(step)
            let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
            d = 1 / (1 + even * d)
            c = 1 + even / c
            result *= d * c
            let odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
            d = 1 / (1 + odd * d)
            c = 1 + odd / c
            result *= d * c
            if (d * c - 1).magnitude < 1e-16 { break }
        }
        return result
    }

    private static func logGamma(_ x: Double) -> Double {
        var sign: Int32 = 0
        return lgamma_r(x, &sign)
    }
}
