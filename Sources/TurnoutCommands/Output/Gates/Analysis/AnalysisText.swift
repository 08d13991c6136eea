internal import RolloutEngine
internal import RolloutStatistics
internal import Rollouts

extension AnalysisRecord {
    /// When its stage ends without a verdict.
    var ends: Timestamp { began + Interval(seconds: gate.specification.longest) }

    /// `analyses green beside blue, for at most 30m`.
    var startWords: String {
        let beside =
            arms.control.map { arms.isMirror ? " by copies of requests to \($0)" : " beside \($0)" } ?? " alone"
        return "analyses \(arms.candidate)\(beside), for at most \(Interval(seconds: gate.specification.longest).short)"
    }

    /// `green: 1204 requests, 6 failed; blue: 10900, 54 failed; errors: odds against it …`.
    ///
    /// What could not be told stands behind it.
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
        "\(requests) request\(requests == 1 ? "" : "s"), \(errors == 0 ? "none" : "\(errors)") failed"
            + (refused.map { " (\($0) refused)" } ?? "")
    }
}

extension Measurement {
    /// `errors: odds against it below 1:1 (500:1 is a fail), for it 8:1 (20:1 is a pass)`.
    var evidenceWords: String { title + (odds.map { ": \($0)" } ?? "") }

    /// `odds against it below 1:1 (500:1 is a fail), for it 8:1 (20:1 is a pass)`; nil where there is no evidence.
    var odds: String? {
        let parts = [
            harm.map { "against it \($0.odds) (\($0.thresholdOdds) is a fail)" },
            safety.map { "for it \($0.odds) (\($0.thresholdOdds) is a pass)" },
        ].compactMap(\.self)
        return parts.isEmpty ? nil : "odds " + parts.joined(separator: ", ")
    }
}

extension Measurement.Level {
    /// How much of what is needed there is, 0 to 100.
    var percent: Int {
        guard threshold > 0, log10E.isFinite else { return log10E > 0 ? 100 : 0 }
        return Int(min(max(log10E / threshold, 0), 1) * 100)
    }
}

extension AnalysisSpecification {
    /// `analysis of errors and latency, 10s to 30m, a false alarm in 1 % of rollouts; without a verdict: hold`.
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
