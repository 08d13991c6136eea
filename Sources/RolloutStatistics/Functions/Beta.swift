/// The beta function and the beta distribution.
///
/// Both are meant for a and b in (0, 1e12], where their error is about that of the last bits of the result. They are
/// NaN if a or b is negative or NaN.
enum Beta {
    /// ln B(a, b) = ln Γ(a) + ln Γ(b) − ln Γ(a+b): ∞ if a or b is 0, and −∞ if a or b is infinite.
    ///
    /// If the gamma functions would cancel, it is computed from Stirling's formula and its remainders (DiDonato and
    /// Morris, "Algorithm 708", ACM TOMS 18, 1992).
    static func log(_ a: Double, _ b: Double) -> Double {
        let (small, large) = (min(a, b), max(a, b))
        guard small > 0, large < .infinity else { return edgeLog(small, large) }
        let sum = small + large
        guard large >= Gamma.asymptotic else { return Gamma.log(small) + Gamma.log(large) - Gamma.log(sum) }
        let remainder = Gamma.stirlingRemainder(large) - Gamma.stirlingRemainder(sum)
        guard small >= Gamma.asymptotic else {
            return Gamma.log(small) + remainder + small - (large - 0.5) * Mathematics.log1p(small / large)
                - small * Mathematics.log(sum)
        }
        return remainder + Gamma.stirlingRemainder(small) + halfLogOf2Pi - 0.5 * Mathematics.log(large)
            - (small - 0.5) * Mathematics.log1p(large / small) - large * Mathematics.log1p(small / large)
    }

    private static func edgeLog(_ small: Double, _ large: Double) -> Double {
        if small == 0, large < .infinity { return .infinity }
        return small > 0 && large == .infinity ? -.infinity : .nan
    }

    /// The regularized incomplete beta function I_x(a, b): 0 for x ≤ 0 and 1 for x ≥ 1.
    static func regularized(_ x: Double, _ a: Double, _ b: Double) -> Double {
        Mathematics.exp(logRegularized(x, a, b))
    }

    /// ln I_x(a, b), also if it is too small for its exponential to be represented as a `Double`.
    static func logRegularized(_ x: Double, _ a: Double, _ b: Double) -> Double {
        logTail(x, 1 - x, a, b)
    }

    /// ln(1 − I_½(a, b)) = ln I_½(b, a).
    static func logUpperHalf(_ a: Double, _ b: Double) -> Double { logTail(0.5, 0.5, b, a) }

    /// ln I_x(a, b) with y = 1 − x, by the continued fraction on the side of the mean on which it converges.
    private static func logTail(_ x: Double, _ y: Double, _ a: Double, _ b: Double) -> Double {
        guard a > 0, b > 0, a < .infinity, b < .infinity, !x.isNaN else { return .nan }
        guard x > 0 else { return -.infinity }
        guard y > 0 else { return 0 }
        if b <= SmallBeta.largest, x > (a + 1) / (a + b + 2) {
            return Mathematics.log(-Mathematics.expm1(SmallBeta.logRegularized(y, b, a)))
        }
        if a <= SmallBeta.largest, x <= (a + 1) / (a + b + 2) { return SmallBeta.logRegularized(x, a, b) }
        let distance = distanceFromMean(x, a, b)
        guard x > max(a / (a + b), (a + 1) / (a + b + 2)) else { return logLower(x, y, a, b, distance) }
        return Mathematics.log1p(-Mathematics.exp(logLower(y, x, b, a, -distance)))
    }

    /// ln I_x(a, b) for x below the mean: x^a y^b / B(a, b), divided by the continued fraction.
    private static func logLower(
        _ x: Double, _ y: Double, _ a: Double, _ b: Double, _ distance: Double
    ) -> Double {
        logPower(x, y, a, b, distance) - Mathematics.log(continuedFraction(x, y, a, b, distance))
    }

    /// ln(x^a y^b / B(a, b)).
    ///
    /// For large a and b, the terms are large and cancel. They are then computed from the distance from the mean, λ = a
    /// − (a+b)x, as in Loader, "Fast and Accurate Computation of Binomial Probabilities", 2000.
    private static func logPower(_ x: Double, _ y: Double, _ a: Double, _ b: Double, _ distance: Double) -> Double {
        guard min(a, b) >= Gamma.asymptotic else {
            let logX = x < 0.5 ? Mathematics.log(x) : Mathematics.log1p(-y)
            let logY = y < 0.5 ? Mathematics.log(y) : Mathematics.log1p(-x)
            return a * logX + b * logY - log(a, b)
        }
        let sum = a + b
        return a * logLess(-distance / a, of: x * sum / a) + b * logLess(distance / b, of: y * sum / b)
            + 0.5 * (Mathematics.log(a) + Mathematics.log(b / sum)) - halfLogOf2Pi
            + Gamma.stirlingRemainder(sum) - Gamma.stirlingRemainder(a) - Gamma.stirlingRemainder(b)
    }

    /// a − (a+b)x, corrected for the rounding errors of the products.
    private static func distanceFromMean(_ x: Double, _ a: Double, _ b: Double) -> Double {
        let (first, second) = (a * x, b * x)
        let firstError = (-first).addingProduct(a, x)
        let secondError = (-second).addingProduct(b, x)
        let difference = a - first
        // The rounding error of the difference (Knuth's two-sum).
        let part = difference - a
        let differenceError = (a - (difference - part)) - (first + part)
        return (difference - second) + (differenceError - firstError - secondError)
    }

    /// ln(1 + t) − t, where `whole` is 1 + t without loss of precision.
    private static func logLess(_ t: Double, of whole: Double) -> Double {
        guard t.magnitude < 0.4 else { return Mathematics.log(whole) - t }
        // ln(1+t) = 2 artanh(r), r = t/(2+t); and 2r − t = −rt.
        let r = t / (2 + t)
        let square = r * r
        var power = r * square
        var sum = 0.0
        for n in stride(from: 3.0, through: 61, by: 2) {
            let term = power / n
            sum += term
            guard term.magnitude > sum.magnitude * 1e-17 else { break }
            power *= square
        }
        return 2 * sum - r * t
    }

    /// The even part of the continued fraction of DLMF 8.17.22, by Lentz's method.
    ///
    /// It is expressed by the distance from the mean, so that no terms cancel (DiDonato and Morris, as above).
    private static func continuedFraction(
        _ x: Double, _ y: Double, _ a: Double, _ b: Double, _ distance: Double
    ) -> Double {
        var c = a * (distance + 1) / (a + 1)
        var d = 0.0
        var result = c
        for step in 1...10_000_000 {
            let m = Double(step)
            let width = a + (2 * m - 1)
            let weight = m * (b - m) * x / width
            let numerator = weight * x * ((a + (m - 1)) * (a + b + (m - 1)) / width)
            let denominator = m + weight + (a + m) * (distance + 1 + m * (1 + y)) / (width + 2)
            c = denominator + numerator / c
            d = 1 / (denominator + numerator * d)
            let change = c * d
            result *= change
            if step > 1, (change - 1).magnitude < 3e-16 { break }
        }
        return result
    }

    private static let halfLogOf2Pi = 0.918938533204672741780329736405617640
}
