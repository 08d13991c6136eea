/// The beta distribution with one parameter so small that nearly all of the probability lies at one end.
///
/// The continued fraction does not converge there. By the series of DLMF 8.17.7 in the small parameter a, aB(a, b)
/// I_x(a, b) = x^a [1 + a S] with S = Σ_{k≥1} (1−b)_k x^k / (k! (a+k)). Every term of ln I is proportional to a, so it
/// is computed without loss of precision however small a is.
enum SmallBeta {
    /// The largest parameter that counts as small.
    static let largest = 0.1

    /// ln I_x(a, b) for a ≤ ``largest`` and x ≤ (a+1)/(a+b+2).
    static func logRegularized(_ x: Double, _ a: Double, _ b: Double) -> Double {
        var sum = 0.0
        var power = 1.0
        for step in 1...1000 {
            let k = Double(step)
            power *= (k - b) / k * x
            let term = power / (a + k)
            sum += term
            if term.magnitude <= sum.magnitude * 1e-17 { break }
        }
        return a * Mathematics.log(x) - (logOnePlus(a) - logRise(b, by: a)) + Mathematics.log1p(a * sum)
    }

    /// ln Γ(1+a) for a ≤ ``largest`` (DLMF 5.7.3).
    private static func logOnePlus(_ a: Double) -> Double {
        a * (zetas.reversed().reduce(0) { ($0 * -a) + $1 } * a - 0.57721566490153286061)
    }

    /// ln Γ(b+a) − ln Γ(b) for a ≤ ``largest``, by Stirling's formula from ``Gamma/asymptotic`` on.
    private static func logRise(_ b: Double, by a: Double) -> Double {
        var base = b
        var steps = 0.0
        while base < Gamma.asymptotic {
            steps += Mathematics.log1p(a / base)
            base += 1
        }
        let ratio = Mathematics.log1p(a / base)
        let stirling = (base - 0.5) * ratio - a + a * Mathematics.log(base + a)
        return stirling + Gamma.stirlingRise(base, logRatio: ratio) - steps
    }

    /// ζ(k)/k for k = 2, 3, ….
    private static let zetas: [Double] = [
        0.82246703342411321824, 0.40068563438653142847, 0.27058080842778454788, 0.20738555102867398527,
        0.16955717699740818995, 0.1440498967688461181, 0.1255096695247030425, 0.11133426586956469049,
        0.10009945751278180853, 0.090954017145829042233, 0.083353840546109004025, 0.076932516411352191473,
        0.071432946295361336059, 0.066668705882420468033, 0.06250095514121304074, 0.058823978658684582339,
        0.055555767627403611102,
    ]
}
