internal import RolloutEngine
internal import RolloutStatistics
internal import Rollouts
internal import Support

extension AnalysisRecord {
    /// When the analysis ends if it reaches no verdict.
    var ends: Timestamp { began + Interval(seconds: gate.specification.longest) }

    /// For example `analyses green against blue, for at most 30m`.
    var startWords: String {
        let beside =
            arms.control.map { arms.isMirror ? " on copies of requests to \($0)" : " against \($0)" } ?? " alone"
        return "analyses \(arms.candidate)\(beside), for at most \(Interval(seconds: gate.specification.longest).short)"
    }

    /// For example `green: 1204 requests, 6 failed; blue: 10900, 54 failed; errors: evidence of harm …`.
    ///
    /// Problems of the reading follow.
    var words: String {
        let troubles = (troubles ?? []).map { "; \($0)" }.joined()
        guard let verdict else { return "\(arms.candidate): nothing read yet\(troubles)" }
        let control = arms.control.map { "; \($0): \(verdict.control.words)" } ?? ""
        let decisive = verdict.measurements.first { $0.metric == verdict.metric && $0.test != .signal }
        let nearest = decisive.map { "; \($0.evidenceWords)" } ?? ""
        return "\(arms.candidate): \(verdict.candidate.words)\(control)\(nearest)\(troubles)"
    }
}

extension Verdict.Exposure {
    /// `1204 requests, 6 failed`, or `1204 requests, 6 failed (4 refused)`.
    var words: String {
        "\(requests.counted("request")), \(errors == 0 ? "none" : "\(errors)") failed"
            + (refused.map { " (\($0) refused)" } ?? "")
    }
}

extension Measurement {
    /// For example `errors: evidence of harm below 1:1 (fails at 500:1), of safety 8:1 (passes at 20:1)`.
    var evidenceWords: String { title + (odds.map { ": \($0)" } ?? "") }

    /// For example `evidence of harm below 1:1 (fails at 500:1), of safety 8:1 (passes at 20:1)`; nil without evidence.
    var odds: String? {
        let parts = [
            harm.map { "of harm \($0.odds) (fails at \($0.thresholdOdds))" },
            safety.map { "of safety \($0.odds) (passes at \($0.thresholdOdds))" },
        ].compactMap(\.self)
        return parts.isEmpty ? nil : "evidence " + parts.joined(separator: ", ")
    }
}

extension Measurement.Level {
    /// The evidence as a percentage of the threshold, 0 to 100.
    var percent: Int {
        guard threshold > 0, log10E.isFinite else { return log10E > 0 ? 100 : 0 }
        return Int(min(max(log10E / threshold, 0), 1) * 100)
    }
}

extension AnalysisSpecification {
    /// For example `analysis of errors and latency, 10s to 30m; without a verdict: hold`.
    var words: String {
        let names = metrics.map(\.name)
        let list =
            names.count < 2
            ? names.joined() : names.dropLast().joined(separator: ", ") + " and " + names[names.count - 1]
        let shortest = shortest > 0 ? "\(Interval(seconds: shortest)) to " : "at most "
        return "analysis of \(list), \(shortest)\(Interval(seconds: longest)); without a verdict: "
            + onInconclusive.rawValue.split(separator: "_").joined(separator: " ")
    }
}
