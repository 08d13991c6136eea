import Foundation
import RolloutStatistics
import Testing

@testable import TurnoutCommands

@Suite("The drawing of a course")
struct CourseDrawingTests {
    private func drawing(readings: Int) throws -> (text: String, points: Int) {
        let recording = try Recording(sampleCSV(seconds: readings, failing: 60))
        let course = AnalysisCourse(specification: .errors)
        for reading in recording.readings { course.add(reading) }
        let verdict = try #require(recording.verdict)
        return (
            CourseDrawing(course: course, verdict: verdict, control: "blue", candidate: "green").text,
            course.points.count
        )
    }

    @Test("It holds both rates, the margin, and the evidence against its thresholds")
    func parts() throws {
        let text = try drawing(readings: 40).text
        #expect(text.hasPrefix("<svg") && text.hasSuffix("</svg>\n"))
        for word in ["blue", "green", "margin", "fail", "pass", "errors"] { #expect(text.contains(">\(word)<")) }
        #expect(text.components(separatedBy: "<polygon").count == 3)
        #expect(!text.contains("nan") && !text.contains("inf"))
    }

    @Test("A verdict at the first reading is a point of each curve, and a mark")
    func firstReading() throws {
        let rows = "-1,blue,900,4\n0,blue,900,4\n0,green,100,100\n"
        let recording = try Recording("second,deployment,requests,errors\n" + rows)
        let course = AnalysisCourse(specification: .errors)
        for reading in recording.readings { course.add(reading) }
        let verdict = try #require(recording.verdict)
        #expect(verdict.decision == .fail && course.points.count == 1)
        let text = CourseDrawing(course: course, verdict: verdict, control: "old", candidate: "new").text
        #expect(text.components(separatedBy: "<circle").count > 2)
        for name in ["old", "new", "fail"] { #expect(text.contains(">\(name)<")) }
    }

    @Test("Latencies have a panel where they are looked at")
    func latency() throws {
        var verdict = Verdict(
            decision: .fail, isOver: false, seconds: 9, metric: "latency", log10E: 3,
            measurements: [
                Measurement(
                    metric: "latency", test: .latency, harm: .init(log10E: 3, threshold: 2.7), isHarmful: true,
                    safety: nil, isSafe: false, candidate: 240, control: 140, limit: 175)
            ], candidate: .init(requests: 100), control: .init(requests: 900), findings: [])
        let gate = AnalysisSpecification(longest: 60, metrics: [.latency(LatencyLimits())])
        func text() -> String {
            let course = AnalysisCourse(specification: gate)
            course.add(verdict)
            return CourseDrawing(course: course, verdict: verdict, control: "blue", candidate: "green").text
        }
        #expect(text().contains("latency, p95") && text().contains(" ms<"))
        verdict.measurements = []
        #expect(!text().contains("latency, p95"))
    }

    @Test("A long course is drawn in as many points as a short one has room for")
    func bounded() {
        let course = AnalysisCourse(specification: .errors)
        let verdict = Verdict(
            decision: .inconclusive, isOver: false, seconds: 0, metric: nil, log10E: 0, measurements: [],
            candidate: Verdict.Exposure(), control: Verdict.Exposure(), findings: [])
        for second in 1...100_000 {
            var verdict = verdict
            verdict.seconds = Double(second)
            course.add(verdict)
        }
        #expect(course.points.count < 2 * AnalysisCourse.points)
        #expect(course.points.count >= AnalysisCourse.points)
        #expect(course.last?.seconds == 100_000)
    }

    @Test("Text is escaped")
    func escaped() { #expect(ChartPanel.escaped("a<b>&\"") == "a&lt;b&gt;&amp;&quot;") }
}
