/// An error in a reading; the affected counts are ignored, and the gate continues.
package enum ReadingFinding: Hashable, Sendable, Codable {
    /// A count is negative.
    case negativeCount(of: String, name: String, count: Int)
    /// A part exceeds its total: more errors or latencies than requests, or more disagreements than pairs.
    case tooMany(of: String, name: String, count: Int, limit: Int)
    /// A histogram does not have the gate's number of bins.
    case wrongBins(of: String, count: Int, expected: Int)
    /// A running total is smaller than before because the server restarted.
    case counterWentBack(of: String, name: String, from: Int, to: Int)
    /// A count is too large for exact arithmetic.
    case countTooLarge(of: String, name: String, count: Int)
    /// The time is before that of the previous reading, or is not a number.
    case clockWentBack(from: Double, to: Double)
    /// More time has passed since the previous reading than one reading may cover.
    case clockJumped(from: Double, to: Double)
    /// The deployment is neither the control nor the candidate.
    case unknownDeployment(String)
    /// The candidate's share of live requests differs from the configured one; reported once a stage.
    case shareDiffers(measured: Double, configured: Double)
    /// Latencies cannot be compared, because too few of the control's earlier latencies are known.
    case noLatencyBaseline
}
