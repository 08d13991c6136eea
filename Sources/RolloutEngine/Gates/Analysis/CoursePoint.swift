package import RolloutStatistics
package import Rollouts

/// One stored reading of an analysis, from which the course of its verdict can be redrawn.
package struct CoursePoint: Codable, Hashable, Sendable {
    package var at: Timestamp
    /// Requests and errors since the stage began.
    package var candidate: Verdict.Exposure
    package var control: Verdict.Exposure
    /// Evidence of harm, log10 E, in the order of the verdict's measurements; `nil` where a measurement has none.
    package var harm: [Double?]
    /// Evidence of safety, in the same form.
    package var safety: [Double?]

    package init(_ verdict: Verdict, at: Timestamp) {
        self.at = at
        candidate = verdict.candidate
        control = verdict.control
        harm = verdict.measurements.map(\.harm?.log10E)
        safety = verdict.measurements.map(\.safety?.log10E)
    }
}
