/// The fraction of the control's recent requests that failed: an exponentially weighted mean with a half-life of 15 s.
///
/// A control that fails or is refused too often is not a valid baseline. Its refusals say nothing about its model, and
/// the candidate would look good or bad next to it for unrelated reasons.
struct ControlHealth: Hashable, Sendable, Codable {
    private static let halfLife = 15.0
    /// The minimum weighted number of failures; fewer are not conclusive.
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

    /// Why the control is not a valid baseline; `nil` while at most `limit` (0 to 1) of its requests fail.
    func trouble(limit: Double) -> Verdict.ControlTrouble? {
        guard errors >= Self.leastFailures, errors > limit * requests else { return nil }
        return Verdict.ControlTrouble(failed: errors / requests, refused: refused / requests, limit: limit)
    }
}

extension SequentialTest {
    /// Why the control is currently not a valid baseline, according to the readings so far; `nil` while it is healthy.
    var controlTrouble: Verdict.ControlTrouble? {
        controlHealth?.trouble(limit: specification.controlLimit ?? AnalysisSpecification.defaultControlLimit)
    }
}

extension Verdict {
    /// Why the control is not a valid baseline: too many of its recent requests failed.
    package struct ControlTrouble: Hashable, Sendable, Codable {
        /// The fraction of its requests that failed, 0 to 1.
        package var failed: Double
        /// The fraction that the platform refused, which is included in ``failed``.
        package var refused: Double
        /// The maximum fraction that may fail.
        package var limit: Double

        package init(failed: Double, refused: Double, limit: Double) {
            self.failed = failed
            self.refused = refused
            self.limit = limit
        }
    }
}
