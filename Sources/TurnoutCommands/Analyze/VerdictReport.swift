internal import FoundationEssentials
internal import PlaybookSyntax
internal import RolloutStatistics

/// One reading, or the last word, of an analysis as JSON.
struct VerdictReport: Encodable {
    var t: Double
    /// Of the last one alone.
    var verdict: Verdict.Decision?
    var metric: String?
    var log10E: Double
    var metrics: [Metric]
    var candidate: Arm
    var control: Arm
    /// Seconds until the stage's time is over.
    var timeLeft: Double
    /// Of the last one alone: how many things are wrong with the recording.
    var findings: Int?

    private enum CodingKeys: String, CodingKey {
        case t, verdict, metric, metrics, candidate, control, findings
        case log10E = "log10_e"
        case timeLeft = "time_left"
    }

    struct Arm: Encodable {
        var requests: Int
        var errors: Int
        /// The error rate, and the interval that holds it at all times with 95 %.
        var rate: Double?
        var low: Double
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

    init(_ verdict: Verdict, of specification: GateSpecification, isLast: Bool = false, findings: Int? = nil) {
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
            requests: exposure.requests, errors: exposure.errors,
            rate: exposure.requests > 0 ? Double(exposure.errors) / Double(exposure.requests) : nil,
            low: interval.lowerBound, high: interval.upperBound)
    }
}

/// A verdict for people.
struct VerdictText {
    var verdict: Verdict
    var specification: GateSpecification
    var style: Style

    var lines: [String] {
        let decided = verdict.metric.map { "\($0): " } ?? ""
        let time = Self.number(verdict.seconds) + " s"
        let tints: [Verdict.Decision: Style.Tint] = [.pass: .green, .fail: .red, .inconclusive: .yellow]
        var lines = [
            style("\(verdict.decision.rawValue) after \(time)", tints[verdict.decision])
                + "; \(decided)log10 E \(Self.number(verdict.log10E, digits: 3))"
        ]
        lines += verdict.measurements.map { "  " + text(of: $0) }
        lines.append("  candidate \(text(of: verdict.candidate)); control \(text(of: verdict.control))")
        if verdict.decision == .inconclusive {
            let rest = Self.number(specification.longest - verdict.seconds)
            lines.append(
                verdict.isOver
                    ? "  the time is over: on_inconclusive is \(specification.onInconclusive.rawValue)"
                    : "  the recording ends \(rest) s before 'for' does")
        }
        return lines
    }

    private func text(of measurement: Measurement) -> String {
        let name = measurement.test == .hardLimit ? "\(measurement.metric) (hard limit)" : measurement.metric
        var parts: [String] = []
        if let value = measurement.candidate {
            parts.append(
                quantity(value, measurement)
                    + (measurement.control.map { " beside \(quantity($0, measurement))" } ?? "")
                    + (measurement.limit.map { ", limit \(quantity($0, measurement))" } ?? ""))
        } else {
            parts.append("no data")
        }
        if let harm = measurement.harm {
            parts.append("log10 E \(Self.number(harm.log10E, digits: 3)) of \(Self.number(harm.threshold, digits: 3))")
        }
        if let safety = measurement.safety {
            parts.append(
                "for a pass \(Self.number(safety.log10E, digits: 3)) of \(Self.number(safety.threshold, digits: 3))")
        }
        return name + ": " + parts.joined(separator: "; ")
    }

    private func quantity(_ value: Double, _ measurement: Measurement) -> String {
        switch measurement.test {
        case .latency: "\(Self.number(value, digits: 1)) ms"
        case .signal: "\(value)"
        case .errors, .pairedErrors, .hardLimit, .disagreement: Self.number(value * 100, digits: 2) + " %"
        }
    }

    private func text(of exposure: Verdict.Exposure) -> String {
        "\(exposure.requests) requests, \(exposure.errors) failed"
    }

    /// Without zeros at the end.
    static func number(_ value: Double, digits: Int = 3) -> String {
        let power = [1.0, 10, 100, 1000][min(max(digits, 0), 3)]
        let rounded = (value * power).rounded() / power
        let isWhole = rounded == rounded.rounded() && rounded.magnitude < 1e15
        return isWhole ? "\(Int(rounded))" : "\(rounded)"
    }
}
