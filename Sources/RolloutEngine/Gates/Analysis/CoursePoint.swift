package import RolloutStatistics
package import Rollouts

/// One reading of an analysis as it is kept, to draw the course of its verdict again.
package struct CoursePoint: Codable, Hashable, Sendable {
    package var at: Timestamp
    /// Requests and errors since the stage began.
    package var candidate: Verdict.Exposure
    package var control: Verdict.Exposure
    /// Evidence against the candidate, log10 E, in the order of the verdict's measurements; nil where there is none.
    package var harm: [Double?]
    /// Evidence that it is inside its margins, alike.
    package var safety: [Double?]

    package init(_ verdict: Verdict, at: Timestamp) {
        self.at = at
        candidate = verdict.candidate
        control = verdict.control
        harm = verdict.measurements.map(\.harm?.log10E)
        safety = verdict.measurements.map(\.safety?.log10E)
    }
}
