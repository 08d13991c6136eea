internal import RolloutStatistics

/// Draws the course of an analysis as SVG: both error rates with their bands and the margin, latencies if they are
/// analysed, and the evidence with its thresholds.
struct CourseDrawing {
    let course: AnalysisCourse
    let verdict: Verdict
    /// The control's name.
    let control: String
    /// The candidate's name.
    let candidate: String

    private static let blue = "#2563eb"
    private static let green = "#15803d"
    private static let red = "#b91c1c"
    private static let grey = "#6b7280"
    private static let metricColors = ["#b91c1c", "#c2410c", "#7c3aed", "#0f766e", "#92400e", "#be185d"]
    private static let dashes = "5 4"

    /// The content of the SVG file.
    var text: String {
        let points = self.points
        let duration = max(points.last?.seconds ?? 0, 1)
        var elements: [String] = []
        var top = 64.0
        func add(_ caption: String, _ range: ClosedRange<Double>, _ draw: (ChartPanel) -> [String]) {
            elements.append(ChartPanel.label(caption, x: 64, y: top - 10, fill: Self.grey))
            elements += draw(ChartPanel(top: top, height: 236, time: duration, values: range))
            top += 308
        }
        add("error rate, with its 95 % confidence sequence", 0...highestRate(points)) { panel in
            panel.axes { VerdictText.number($0 * 100, digits: 3) + " %" } + drawnRates(points, in: panel)
        }
        if let highest = highestLatency(points) {
            add("latency, p95", 0...highest) { panel in
                panel.axes { VerdictText.number($0, digits: 1) + " ms" } + drawnLatencies(points, in: panel)
            }
        }
        add(
            "odds against chance that \(candidate) is worse (solid), and that it is within its margin (dashed)",
            evidenceRange(points)
        ) { panel in panel.axes(Self.odds) + drawnEvidence(points, in: panel) }
        let height = Int(top - 20)
        return """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 960 \(height)" width="960" height="\(height)" \
            font-family="system-ui, sans-serif" font-size="12">
            <title>\(ChartPanel.escaped(title))</title>
            <rect width="960" height="\(height)" fill="#ffffff"/>
            \(ChartPanel.label(title, x: 64, y: 30, size: 17, weight: "600"))
            \(elements.joined(separator: "\n"))
            </svg>

            """
    }

    private var title: String {
        let metric = verdict.metric.map { verdict.decision == .inconclusive ? "" : " (\($0))" } ?? ""
        return "\(verdict.decision.rawValue)\(metric) after \(VerdictText.number(verdict.seconds)) s: "
            + "\(verdict.candidate.requests) requests to \(candidate), \(verdict.candidate.errors) failed"
    }

    private var points: [AnalysisCourse.Point] {
        guard let last = course.last else { return [] }
        return course.points.last?.seconds == last.seconds ? course.points : course.points + [last]
    }

    private func drawnRates(_ points: [AnalysisCourse.Point], in panel: ChartPanel) -> [String] {
        var curves: [String] = []
        var legend: [String] = []
        for (color, name, row, exposure) in [
            (Self.blue, control, 0.0, { (point: AnalysisCourse.Point) in point.control }),
            (Self.green, candidate, 1.0, { $0.candidate }),
        ] {
            let known = points.filter { exposure($0).requests > 0 }
            let intervals = known.map {
                ConfidenceSequence.interval(of: exposure($0).errors, in: exposure($0).requests)
            }
            let rates = known.map { ($0.seconds, exposure($0).rate) }
            curves.append(
                panel.band(zip(known, intervals).map { ($0.seconds, $1.lowerBound, $1.upperBound) }, color: color))
            curves.append(panel.line(rates, color: color))
            legend.append(panel.dot(rates.last, color: color))
            legend += panel.legend(name, color: color, row: row)
        }
        if let margin {
            let limits = points.filter { $0.control.requests > 0 }.map {
                ($0.seconds, $0.control.rate + margin * (1 - $0.control.rate))
            }
            curves.append(panel.line(limits, color: Self.grey, dash: Self.dashes))
            legend += panel.legend("margin", color: Self.grey, row: 2, dash: Self.dashes)
        }
        return panel.clipped(curves) + legend
    }

    private func drawnLatencies(_ points: [AnalysisCourse.Point], in panel: ChartPanel) -> [String] {
        var curves: [String] = []
        var legend: [String] = []
        let kinds: [(String, String, String?, KeyPath<AnalysisCourse.Latency, Double?>)] = [
            (control, Self.blue, nil, \.control), (candidate, Self.green, nil, \.candidate),
            ("margin", Self.grey, Self.dashes, \.limit),
        ]
        for (row, (name, color, dash, value)) in kinds.enumerated() {
            let values = points.compactMap { point in
                point.latency?[keyPath: value].map { (point.seconds, $0) }
            }
            curves.append(panel.line(values, color: color, dash: dash))
            legend.append(panel.dot(values.last, color: color))
            legend += panel.legend(name, color: color, row: Double(row), dash: dash)
        }
        return panel.clipped(curves) + legend
    }

    private func drawnEvidence(_ points: [AnalysisCourse.Point], in panel: ChartPanel) -> [String] {
        var curves: [String] = []
        var marks: [String] = []
        if let threshold = verdict.measurements.compactMap(\.harm?.threshold).first {
            marks += panel.threshold(threshold, "fail", color: Self.red)
        }
        if let threshold = verdict.measurements.compactMap(\.safety?.threshold).first {
            marks += panel.threshold(threshold, "pass", color: Self.green)
        }
        for (index, measurement) in verdict.measurements.enumerated() {
            let color = Self.metricColors[index % Self.metricColors.count]
            func values(_ levels: (AnalysisCourse.Point) -> [Double?]) -> [(Double, Double)] {
                points.compactMap { point in
                    let levels = levels(point)
                    guard levels.indices.contains(index), let level = levels[index] else { return nil }
                    return (point.seconds, level)
                }
            }
            for (levels, dash) in [(values(\.harm), nil), (values(\.safety), Self.dashes)] {
                curves.append(panel.line(levels, color: color, dash: dash))
                marks.append(panel.dot(levels.last, color: color))
            }
            let name = measurement.test == .hardLimit ? "hard limit" : measurement.metric
            marks += panel.legend(name, color: color, row: Double(index))
        }
        let tints: [Verdict.Decision: String] = [.pass: Self.green, .fail: Self.red, .inconclusive: Self.grey]
        marks += panel.verdict(
            verdict.seconds, verdict.decision.rawValue, color: tints[verdict.decision] ?? Self.grey)
        return panel.clipped(curves) + marks
    }

    /// Formats a decimal logarithm as odds: `100:1`, `1:100`.
    private static func odds(_ power: Double) -> String {
        guard power == power.rounded(), power.magnitude < 7 else {
            return "10^\(VerdictText.number(power, digits: 1)):1"
        }
        let number = "1" + String(repeating: "0", count: Int(power.magnitude))
        return power < 0 ? "1:\(number)" : "\(number):1"
    }

    private func highestLatency(_ points: [AnalysisCourse.Point]) -> Double? {
        let known = points.flatMap { [$0.latency?.candidate, $0.latency?.control, $0.latency?.limit] }
        return known.compactMap(\.self).filter(\.isFinite).max().map { max($0 * 1.1, 1) }
    }

    private var margin: Double? {
        for case .errors(let limits) in course.specification.metrics { return limits.margin }
        return nil
    }

    /// Returns the upper end of the rate axis: the maximum of the bands after the first tenth of the time.
    private func highestRate(_ points: [AnalysisCourse.Point]) -> Double {
        let settled = points.suffix(max(points.count * 9 / 10, 1))
        let highest = settled.flatMap { point in
            [point.candidate, point.control].filter { $0.requests > 0 }.map {
                ConfidenceSequence.interval(of: $0.errors, in: $0.requests).upperBound
            }
        }.max()
        return min(max((highest ?? 0.01) * 1.1, 0.001), 1)
    }

    private func evidenceRange(_ points: [AnalysisCourse.Point]) -> ClosedRange<Double> {
        let thresholds = verdict.measurements.flatMap { [$0.harm?.threshold, $0.safety?.threshold].compactMap(\.self) }
        let levels = points.flatMap { ($0.harm + $0.safety).compactMap(\.self) }
        let highest = max(thresholds.max() ?? 1, levels.filter(\.isFinite).max() ?? 0)
        // The range is limited below, because very low evidence would compress the rest.
        return min(max(levels.min() ?? 0, -highest) * 1.1, 0)...highest * 1.15
    }
}

extension Verdict.Exposure {
    fileprivate var rate: Double { requests > 0 ? Double(errors) / Double(requests) : 0 }
}
