/// How many of the control's requests failed lately: an exponentially weighted share with a half-life of 15 s.
///
/// A control that fails or is refused too often is no yardstick. Its refusals say nothing about its model, and beside it
/// a candidate looks good or bad for reasons that are not its own.
struct ControlHealth: Hashable, Sendable, Codable {
    private static let halfLife = 15.0
    /// Fewer failures than these, weighted, say nothing yet.
    private static let leastFailures = 5.0

    private var requests = 0.0
    private var errors = 0.0
    private var refused = 0.0

    func adding(_ counts: Reading.Counts, elapsed: Double) -> ControlHealth {
        let kept = Mathematics.power(0.5, max(elapsed, 0) / Self.halfLife)
        var sum = self
        sum.requests = requests * kept + Double(counts.requests)
        sum.errors = errors * kept + Double(counts.errors)
        sum.refused = refused * kept + Double(counts.refused)
        return sum
    }

    /// What keeps the control from being compared with; nil while at most `limit` of its requests fail.
    func trouble(limit: Double) -> Verdict.ControlTrouble? {
        guard errors >= Self.leastFailures, errors > limit * requests else { return nil }
        return Verdict.ControlTrouble(failed: errors / requests, refused: refused / requests, limit: limit)
    }
}

extension SequentialTest {
    /// What keeps the control from being compared with, as far as readings until now tell; nil while nothing does.
    var controlTrouble: Verdict.ControlTrouble? {
        controlHealth?.trouble(limit: specification.controlLimit ?? AnalysisSpecification.defaultControlLimit)
    }
}

extension Verdict {
    /// Why the control is no yardstick: too many of its requests failed lately.
    package struct ControlTrouble: Hashable, Sendable, Codable {
        /// The part of its requests that failed, 0 to 1.
        package var failed: Double
        /// The part that the platform refused, which is included in ``failed``.
        package var refused: Double
        /// The part that may fail.
        package var limit: Double

        package init(failed: Double, refused: Double, limit: Double) {
            self.failed = failed
            self.refused = refused
            self.limit = limit
        }
    }
}
