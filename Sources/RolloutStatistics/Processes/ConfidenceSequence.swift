/// Confidence intervals for a rate that hold simultaneously at all times, for charts.
package enum ConfidenceSequence {
    /// The rates p that a mixture of Bernoulli likelihood ratios over Beta(½, ½) does not refute.
    ///
    /// These are the p with B(½+s, ½+f) / (B(½, ½) p^s (1−p)^f) < 1/α; by Ville's inequality they include the true rate
    /// at every moment with probability 1 − α.
    ///
    /// - Parameters:
    ///   - events: The number of events s, 0 to `trials`.
    ///   - trials: The number of trials s + f.
    ///   - alpha: The probability α that the rate is ever outside, in (0, 1). Default: 0.05.
    /// - Returns: The interval; [0, 1] without trials.
    package static func interval(of events: Int, in trials: Int, alpha: Double = 0.05) -> ClosedRange<Double> {
        guard trials > 0, events >= 0, events <= trials else { return 0...1 }
        let successes = Double(events)
        let failures = Double(trials - events)
        let bound =
            Beta.log(0.5 + successes, 0.5 + failures) - Beta.log(0.5, 0.5) - Mathematics.log(1 / alpha)
        // The log-likelihood, which increases up to the measured rate and decreases beyond it.
        func isInside(_ rate: Double) -> Bool {
            (events > 0 ? successes * Mathematics.log(rate) : 0)
                + (events < trials ? failures * Mathematics.log1p(-rate) : 0) > bound
        }
        let measured = successes / (successes + failures)
        let low = events == 0 ? 0 : edge(from: measured, towards: 0, isInside)
        return low...(events == trials ? 1 : edge(from: measured, towards: 1, isInside))
    }

    private static func edge(from inside: Double, towards outside: Double, _ isInside: (Double) -> Bool) -> Double {
        var (inside, outside) = (inside, outside)
        for _ in 0..<52 {
            let middle = (inside + outside) / 2
            if isInside(middle) { inside = middle } else { outside = middle }
        }
        return outside
    }
}
