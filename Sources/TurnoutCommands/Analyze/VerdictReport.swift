internal import FoundationEssentials
internal import PlaybookSyntax
internal import RolloutEngine
internal import RolloutStatistics

/// A reading of an analysis, or its final verdict, as JSON.
struct VerdictReport: Encodable {
    var t: Double
    /// Only in the final verdict.
    var verdict: Verdict.Decision?
    var metric: String?
    var log10E: Double
    var metrics: [Metric]
    var candidate: Arm
    var control: Arm
    /// Seconds until the end of the analysis.
    var timeLeft: Double
    /// The number of findings in the recording; only in the final verdict.
    var findings: Int?

    private enum CodingKeys: String, CodingKey {
        case t, verdict, metric, metrics, candidate, control, findings
        case log10E = "log10_e"
        case timeLeft = "time_left"
    }

    struct Arm: Encodable {
        var requests: Int
        var errors: Int
        /// Those of ``errors`` that the platform answered (429, 408, 500); nil if there were none.
        var refused: Int?
        /// The error rate; nil without requests.
        var rate: Double?
        /// The lower bound of the 95 % confidence sequence of the error rate.
        var low: Double
        /// The upper bound of the 95 % confidence sequence of the error rate.
        var high: Double
    }

    struct Metric: Encodable {
        var metric: String
        var test: Measurement.Test
        var log10E: Double?
        var threshold: Double?
        var log10Pass: Double?
        var passThreshold: Double?
        var candidate: Double?
        var control: Double?
        var limit: Double?

        private enum CodingKeys: String, CodingKey {
            case metric, test, threshold, candidate, control, limit
            case log10E = "log10_e"
            case log10Pass = "log10_pass"
            case passThreshold = "pass_threshold"
        }
    }

    init(_ verdict: Verdict, of specification: AnalysisSpecification, isLast: Bool = false, findings: Int? = nil) {
        t = verdict.seconds
        self.verdict = isLast ? verdict.decision : nil
        metric = verdict.metric
        log10E = verdict.log10E
        metrics = verdict.measurements.map {
            Metric(
                metric: $0.metric, test: $0.test, log10E: $0.harm?.log10E, threshold: $0.harm?.threshold,
                log10Pass: $0.safety?.log10E, passThreshold: $0.safety?.threshold, candidate: $0.candidate,
                control: $0.control, limit: $0.limit)
        }
        candidate = Arm(verdict.candidate)
        control = Arm(verdict.control)
        timeLeft = max(specification.longest - verdict.seconds, 0)
        self.findings = findings
    }
}

extension VerdictReport.Arm {
    init(_ exposure: Verdict.Exposure) {
        let interval = ConfidenceSequence.interval(of: exposure.errors, in: exposure.requests)
        self.init(
            requests: exposure.requests, errors: exposure.errors, refused: exposure.refused,
            rate: exposure.requests > 0 ? Double(exposure.errors) / Double(exposure.requests) : nil,
            low: interval.lowerBound, high: interval.upperBound)
    }
}

/// A verdict as text.
struct VerdictText {
    var verdict: Verdict
    var specification: AnalysisSpecification
    var control: String
    var candidate: String
    var style: Style

    var lines: [String] {
        let decided = verdict.decision == .inconclusive ? "" : verdict.metric.map { ": \($0)" } ?? ""
        let time = Self.number(verdict.seconds) + " s"
        let tints: [Verdict.Decision: Style.Tint] = [.pass: .green, .fail: .red, .inconclusive: .yellow]
        var lines = [
            style("\(verdict.decision.rawValue) after \(time)", tints[verdict.decision])
                + decided
        ]
        lines += verdict.measurements.map { "  " + text(of: $0) }
        lines.append("  \(candidate): \(verdict.candidate.words); \(control): \(verdict.control.words)")
        if let trouble = verdict.controlTrouble { lines.append("  " + trouble.words(for: control)) }
        if verdict.decision == .inconclusive {
            let rest = Self.number(specification.longest - verdict.seconds)
            lines.append(
                verdict.isOver
                    ? "  no verdict within 'for': on_inconclusive (\(specification.onInconclusive.rawValue)) applies"
                    : "  the recording ends \(rest) s before 'for' is over")
        }
        return lines
    }

    private func text(of measurement: Measurement) -> String {
        let values = [
            measurement.candidate.map { "\(candidate) \(measurement.text($0))" },
            measurement.control.map { "\(control) \(measurement.text($0))" },
            measurement.limit.map { "limit \(measurement.text($0))" },
        ].compactMap(\.self).joined(separator: ", ")
        let measured = measurement.candidate == nil ? "no data" : values
        return "\(measurement.title): " + [measured, measurement.odds].compactMap(\.self).joined(separator: "; ")
    }

    /// Formats a number without trailing zeros.
    static func number(_ value: Double, digits: Int = 3) -> String {
        let power = [1.0, 10, 100, 1000][min(max(digits, 0), 3)]
        let rounded = (value * power).rounded() / power
        let isWhole = rounded == rounded.rounded() && rounded.magnitude < 1e15
        return isWhole ? "\(Int(rounded))" : "\(rounded)"
    }
}
