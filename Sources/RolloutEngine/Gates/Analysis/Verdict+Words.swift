internal import FoundationEssentials
package import RolloutStatistics
internal import Rollouts

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

extension Verdict {
    /// The reason for the verdict in a sentence.
    ///
    /// It says what was measured against which limit, how many requests were exposed and, if there is no verdict, what
    /// is missing.
    package func reason(for analysis: AnalysisRecord) -> String {
        let arms = analysis.arms
        let refused = candidate.refused.map { " (\($0) refused by the platform)" } ?? ""
        let exposed =
            "\(arms.candidate) answered \(candidate.requests) \(arms.isMirror ? "mirrored requests" : "requests"), "
            + "\(candidate.errors) of them failed\(refused)"
        switch decision {
        case .fail:
            let measured = measurements.first { $0.metric == metric && $0.isHarmful }?.words(for: arms) ?? ""
            let shortest = analysis.gate.specification.shortest
            let early =
                seconds < shortest ? " (at_least, \(Interval(seconds: shortest)), applies only to passes)" : ""
            return "the analysis fails \(arms.candidate) after \(duration)\(early): \(measured); \(exposed)"
        case .pass: return "the analysis passes \(arms.candidate) after \(duration); \(exposed)"
        case .inconclusive:
            let missing = measurements.filter { !$0.isSafe }.map(\.metric)
            let troubles = (analysis.troubles ?? []).map { "; \($0)" }.joined()
            guard controlTrouble == nil else {
                return "no verdict on \(arms.candidate) after \(duration)\(troubles); \(exposed)"
            }
            guard candidate.requests > 0 else {
                return "no verdict on \(arms.candidate) after \(duration): it answered no requests\(troubles)"
            }
            return "no verdict on \(arms.candidate) after \(duration): not yet shown to be safe: "
                + "\(missing.joined(separator: ", ")); \(exposed)\(troubles)"
        }
    }

    private var duration: String { "\(Interval(seconds: seconds))" }
}

extension Verdict.ControlTrouble {
    /// Why the candidate is not compared with `control`, and what helps, in a sentence.
    package func words(for control: String) -> String {
        func percent(_ share: Double) -> String { "\((share * 100).rounded(to: 1)) %" }
        guard refused > failed / 2 else {
            return "\(control) is unhealthy: \(percent(failed)) of its requests failed; a control with more than "
                + "\(percent(limit)) failures (control_limit) is not used for comparison"
        }
        return
            "\(control) is overloaded: \(percent(refused)) of its requests were refused or timed out; lower load.rate, "
            + "scale \(control), or raise its max_concurrent_requests_per_instance"
    }
}

extension Measurement {
    /// Describes the measurement, for example `errors: green 5.07 %, blue 0.49 %, limit 1.49 %; evidence of harm 790:1
    /// (fails at 500:1)`.
    package func words(for arms: AnalysisArms) -> String {
        var parts: [String] = []
        if let candidate { parts.append("\(arms.candidate) \(text(candidate))") }
        if let control, let name = arms.control { parts.append("\(name) \(text(control))") }
        if let limit { parts.append("limit \(text(limit))") }
        let evidence = harm.map {
            "; evidence of harm \($0.odds) (fails at \($0.thresholdOdds))"
        }
        return "\(title): " + parts.joined(separator: ", ") + (evidence ?? "")
    }

    /// The name of the measurement in a playbook's terms.
    package var title: String {
        switch test {
        case .errors: "errors"
        case .pairedErrors: "errors of copies alone"
        case .hardLimit: "errors against the hard limit"
        case .latency: "latency, p\(Int(((quantile ?? 0.95) * 100).rounded()))"
        case .disagreement: "disagreement"
        case .signal: metric
        }
    }

    /// Formats a value for people: as percent, milliseconds or a bare number.
    package func text(_ value: Double) -> String {
        switch test {
        case .errors, .pairedErrors, .hardLimit, .disagreement: "\((value * 100).rounded(to: 2)) %"
        case .latency: "\(value.rounded(to: 1)) ms"
        case .signal: "\(value.rounded(to: 4))"
        }
    }
}

extension Measurement.Level {
    /// The evidence as odds against chance, for example `790:1`.
    ///
    /// An e-value is what a stake of 1 has grown to by bets that are fair if there is no effect. If there is none, it
    /// exceeds N with probability at most 1/N (Ville's inequality).
    package var odds: String { Self.odds(log10E) }
    /// The odds at which the verdict is reached.
    package var thresholdOdds: String { Self.odds(threshold) }

    /// Rounds to two digits, and uses words beyond a million.
    private static func odds(_ log10: Double) -> String {
        guard log10.isFinite else { return log10 > 0 ? "beyond all doubt" : "below 1:1" }
        guard log10 >= 0 else { return "below 1:1" }
        guard log10 < 6 else { return log10 < 9 ? "over a million:1" : "over a billion:1" }
        let value = pow(10, log10)
        let unit = pow(10, max(log10.rounded(.down) - 1, 0))
        return "\(Int((value / unit).rounded() * unit)):1"
    }
}

extension Double {
    /// Rounds to at most `digits` decimal places.
    fileprivate func rounded(to digits: Int) -> String {
        let factor = [1.0, 10, 100, 1000, 10_000][min(max(digits, 0), 4)]
        let value = (self * factor).rounded() / factor
        return value == value.rounded() && value.magnitude < 1e15 ? "\(Int(value))" : "\(value)"
    }
}
