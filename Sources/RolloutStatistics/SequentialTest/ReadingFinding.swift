/// Something wrong with a reading; what it touches is not counted, and the gate goes on.
package enum ReadingFinding: Hashable, Sendable, Codable {
    /// A count below zero.
    case negativeCount(of: String, name: String, count: Int)
    /// More errors than requests, more latencies than requests, more disagreements than pairs.
    case tooMany(of: String, name: String, count: Int, limit: Int)
    /// A histogram with another number of bins than the gate's.
    case wrongBins(of: String, count: Int, expected: Int)
    /// A running total is smaller than before: the server started again.
    case counterWentBack(of: String, name: String, from: Int, to: Int)
    /// A count that no sum can hold.
    case countTooLarge(of: String, name: String, count: Int)
    /// The time is not behind that of the reading before, or is no number.
    case clockWentBack(from: Double, to: Double)
    /// More time has passed since the reading before than a reading may stand for.
    case clockJumped(from: Double, to: Double)
    /// A deployment that is neither blue nor green.
    case unknownDeployment(String)
    /// Green's share of live requests is not the configured one; told once a stage.
    case shareDiffers(measured: Double, configured: Double)
    /// Latencies cannot be compared, because so little is known of blue's before.
    case noLatencyBaseline
}
