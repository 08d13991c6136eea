#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// The logarithm of the gamma function, and the remainder of Stirling's formula.
enum Gamma {
    /// ln Γ(x) for x > 0, computed by the C library.
    static func log(_ x: Double) -> Double {
        var sign: Int32 = 0
        return lgamma_r(x, &sign)
    }

    /// Δ(x) = ln Γ(x) − (x − ½) ln x + x − ½ ln 2π for x ≥ ``asymptotic``, accurate to the last bits.
    ///
    /// Source: the series of DLMF 5.11.1, with Bernoulli numbers.
    static func stirlingRemainder(_ x: Double) -> Double {
        let inverse = 1 / x
        let square = inverse * inverse
        return inverse * coefficients.reversed().reduce(0) { $0 * square + $1 }
    }

    /// Δ(x·e^r) − Δ(x), without loss of precision for small r.
    static func stirlingRise(_ x: Double, logRatio: Double) -> Double {
        let square = 1 / x / x
        var power = 1 / x
        var sum = 0.0
        for (index, coefficient) in coefficients.enumerated() {
            sum += coefficient * power * Mathematics.expm1(-Double(2 * index + 1) * logRatio)
            power *= square
        }
        return sum
    }

    static let asymptotic = 10.0

    private static let coefficients: [Double] = [
        1.0 / 12, -1.0 / 360, 1.0 / 1260, -1.0 / 1680, 1.0 / 1188, -691.0 / 360_360, 1.0 / 156, -3617.0 / 122_400,
    ]
}
