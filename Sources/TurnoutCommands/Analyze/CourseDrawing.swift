internal import RolloutStatistics

/// The course of an analysis as an SVG: both error rates with their bands and the margin, and below the evidence
/// against its thresholds.
struct CourseDrawing {
    let course: AnalysisCourse
    let verdict: Verdict

    private static let blue = "#2563eb"
    private static let green = "#15803d"
    private static let red = "#b91c1c"
    private static let grey = "#6b7280"
    private static let metricColors = ["#b91c1c", "#c2410c", "#7c3aed", "#0f766e", "#92400e", "#be185d"]

    /// The whole file.
    var text: String {
        let points = self.points
        let duration = max(points.last?.seconds ?? 0, 1)
        let rates = ChartPanel(top: 64, height: 236, time: duration, values: 0...highestRate(points))
        let evidence = ChartPanel(top: 372, height: 236, time: duration, values: evidenceRange(points))
        var elements = [
            "<rect width=\"960\" height=\"660\" fill=\"#ffffff\"/>",
            ChartPanel.label(title, x: 64, y: 30, size: 17, weight: "600"),
            ChartPanel.label(
                "error rate, with the interval that holds at all times with 95 %", x: 64, y: 54, fill: Self.grey),
            ChartPanel.label(
                "evidence: log10 E against the candidate (solid) and for a pass (dashed)", x: 64, y: 362,
                fill: Self.grey),
        ]
        elements += rates.axes { VerdictText.number($0 * 100, digits: 3) + " %" }
        elements += drawnRates(points, in: rates)
        elements += evidence.axes { VerdictText.number($0, digits: 2) }
        elements += drawnEvidence(points, in: evidence)
        return """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 960 660" width="960" height="660" \
            font-family="system-ui, sans-serif" font-size="12">
            <title>\(ChartPanel.escaped(title))</title>
            \(elements.joined(separator: "\n"))
            </svg>

            """
    }

    private var title: String {
        let metric = verdict.metric.map { " (\($0))" } ?? ""
        return "\(verdict.decision.rawValue)\(metric) after \(VerdictText.number(verdict.seconds)) s: "
            + "\(verdict.candidate.requests) requests to the candidate, \(verdict.candidate.errors) failed"
    }

    private var points: [AnalysisCourse.Point] {
        guard let last = course.last else { return [] }
        return course.points.last?.seconds == last.seconds ? course.points : course.points + [last]
    }

    private func drawnRates(_ points: [AnalysisCourse.Point], in panel: ChartPanel) -> [String] {
        var elements: [String] = []
        for (color, name, row, exposure) in [
            (Self.blue, "control", 0.0, { (point: AnalysisCourse.Point) in point.control }),
            (Self.green, "candidate", 1.0, { $0.candidate }),
        ] {
            let known = points.filter { exposure($0).requests > 0 }
            let intervals = known.map {
                ConfidenceSequence.interval(of: exposure($0).errors, in: exposure($0).requests)
            }
            elements.append(
                panel.band(zip(known, intervals).map { ($0.seconds, $1.lowerBound, $1.upperBound) }, color: color))
            elements.append(panel.line(known.map { ($0.seconds, exposure($0).rate) }, color: color))
            elements += panel.legend(name, color: color, row: row)
        }
        if let margin {
            let known = points.filter { $0.control.requests > 0 }
            elements.append(
                panel.line(
                    known.map { ($0.seconds, $0.control.rate + margin * (1 - $0.control.rate)) }, color: Self.grey,
                    dash: "5 4"))
            elements += panel.legend("margin", color: Self.grey, row: 2)
        }
        return elements
    }

    private func drawnEvidence(_ points: [AnalysisCourse.Point], in panel: ChartPanel) -> [String] {
        var elements: [String] = []
        if let threshold = verdict.measurements.compactMap(\.harm?.threshold).first {
            elements += panel.threshold(threshold, "fail", color: Self.red)
        }
        if let threshold = verdict.measurements.compactMap(\.safety?.threshold).first {
            elements += panel.threshold(threshold, "pass", color: Self.green)
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
            elements.append(panel.line(values(\.harm), color: color))
            elements.append(panel.line(values(\.safety), color: color, dash: "5 4"))
            let name = measurement.test == .hardLimit ? "hard limit" : measurement.metric
            elements += panel.legend(name, color: color, row: Double(index))
        }
        return elements
    }

    private var margin: Double? {
        for case .errors(let limits) in course.specification.metrics { return limits.margin }
        return nil
    }

    /// The rates that are shown: what the bands reach once the first tenth of the time is over.
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
        let highest = max(thresholds.max() ?? 1, min(levels.max() ?? 0, 2 * (thresholds.max() ?? 1)))
        // What is far below, as evidence against a good version is, would press the rest together.
        return max(levels.min() ?? 0, -highest)...highest * 1.15
    }
}

extension Verdict.Exposure {
    fileprivate var rate: Double { requests > 0 ? Double(errors) / Double(requests) : 0 }
}
