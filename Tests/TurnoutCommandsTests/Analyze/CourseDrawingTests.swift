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
        return (CourseDrawing(course: course, verdict: verdict).text, course.points.count)
    }

    @Test("It holds both rates, the margin, and the evidence against its thresholds")
    func parts() throws {
        let text = try drawing(readings: 40).text
        #expect(text.hasPrefix("<svg") && text.hasSuffix("</svg>\n"))
        for word in ["control", "candidate", "margin", "fail", "pass", "errors"] { #expect(text.contains(">\(word)<")) }
        #expect(text.components(separatedBy: "<polygon").count == 3)
        #expect(!text.contains("nan") && !text.contains("inf"))
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
