internal import RolloutEngine
internal import RolloutStatistics

/// How close an analysis is to a verdict, in orders of magnitude.
struct EvidenceProgress: Hashable {
    private var metrics: [Metric]
    private var troubles: [String]

    private struct Metric: Hashable {
        /// Decades of the evidence of harm, up to the threshold.
        var harm: Int
        /// Decades of the evidence of safety, up to the threshold.
        var safety: Int
        var isHarmful: Bool
        var isSafe: Bool
    }

    init(_ analysis: AnalysisRecord) {
        troubles = analysis.troubles ?? []
        metrics = (analysis.verdict?.measurements ?? []).map {
            Metric(
                harm: Self.decades($0.harm), safety: Self.decades($0.safety), isHarmful: $0.isHarmful,
                isSafe: $0.isSafe)
        }
    }

    /// Whether the analysis is closer to a verdict than `told` by an order of magnitude, or anything else has changed.
    ///
    /// Evidence that has decreased is not news.
    func isNews(beyond told: EvidenceProgress) -> Bool {
        guard troubles == told.troubles, metrics.count == told.metrics.count else { return true }
        return zip(metrics, told.metrics).contains { now, then in
            now.harm > then.harm || now.safety > then.safety || now.isHarmful != then.isHarmful
                || now.isSafe != then.isSafe
        }
    }

    private static func decades(_ level: Measurement.Level?) -> Int {
        guard let level, level.log10E > 0 else { return 0 }
        return Int(min(level.log10E, level.threshold))
    }
}
