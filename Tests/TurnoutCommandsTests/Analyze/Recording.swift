import PlaybookSyntax
import RolloutStatistics

@testable import TurnoutCommands

/// A recording in memory, read as `turnout analyze` reads a file.
struct Recording {
    var verdict: Verdict?
    var findings: [Finding]
    var isReadable: Bool
    var readings: [Verdict]

    init(
        _ text: String, gate: AnalysisSpecification = .errors, form: CountForm = .auto, weight: Double = 0.1,
        control: String = "blue", candidate: String = "green"
    ) throws {
        try self.init(
            bytes: Array(text.utf8), gate: gate, form: form, weight: weight, control: control, candidate: candidate)
    }

    init(
        bytes: [UInt8], gate: AnalysisSpecification = .errors, form: CountForm = .auto, weight: Double = 0.1,
        control: String = "blue", candidate: String = "green"
    ) throws {
        let course = AnalysisCourse(specification: gate)
        let kept = Kept()
        var reader = RecordingReader(
            file: "f", control: control, candidate: candidate, weight: weight, specification: gate, form: form,
            stopsAtVerdict: false
        ) { _, verdict in
            course.add(verdict)
            kept.readings.append(verdict)
        }
        var number = 0
        var start = 0
        while start < bytes.count {
            let end = bytes[start...].firstIndex(of: 0x0A)
            number += 1
            try bytes[start..<(end ?? bytes.count)].withUnsafeBufferPointer {
                let line = RecordingLines.Line(number: number, bytes: $0, isTooLong: false, isWhole: end != nil)
                _ = try reader.take(line)
            }
            start = (end ?? bytes.count) + 1
        }
        try reader.finish()
        verdict = reader.replay?.verdict
        findings = reader.findings.findings
        isReadable = reader.isReadable
        readings = kept.readings
    }

    private final class Kept {
        var readings: [Verdict] = []
    }

    /// The names of the kinds of findings with their lines.
    var places: [String] { findings.map { "\($0.rule) \($0.start.line):\($0.start.column)" } }
}

extension AnalysisSpecification {
    static let errors = AnalysisSpecification(longest: 1800, metrics: [.errors(ErrorLimits())])
}

/// A recording of this many seconds, in CSV; blue fails once in 200 requests, and green every `failing` seconds.
func sampleCSV(seconds: Int, failing: Int) -> String {
    var lines = ["second,deployment,requests,errors"]
    for second in -300..<seconds {
        lines.append("\(second),blue,45,\(second % 4 == 0 ? 1 : 0)")
        if second >= 0 { lines.append("\(second),green,5,\(second % failing == failing - 1 ? 1 : 0)") }
    }
    return lines.joined(separator: "\n") + "\n"
}
