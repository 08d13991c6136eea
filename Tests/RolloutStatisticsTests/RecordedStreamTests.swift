import Foundation
import Testing

@testable import RolloutStatistics

@Suite("Evidence beside the reference implementation") struct RecordedStreamTests {
    private let streams = RecordedStream.all(in: recordedStreams)

    @Test("ln E agrees to 1e-9, at every second of every stream")
    func processes() {
        #expect(streams.count == 4)
        #expect(streams.allSatisfy { $0.lines.count == 40 })
        expectAgreement(streams)
    }

    /// Set by Tests/Benchmarks/analysis/held-against.sh.
    private static let file = ProcessInfo.processInfo.environment["TURNOUT_RECORDED_STREAMS"]

    @Test("ln E agrees to 1e-9 in streams of half an hour", .enabled(if: file != nil))
    func longStreams() throws {
        let streams = RecordedStream.all(in: try String(contentsOfFile: try #require(Self.file), encoding: .utf8))
        #expect(!streams.isEmpty)
        expectAgreement(streams)
        print("\(streams.count) streams, \(streams.reduce(0) { $0 + $1.lines.count }) seconds held")
    }

    private func expectAgreement(_ streams: [RecordedStream]) {
        for (number, stream) in streams.enumerated() {
            var evidence = RecordedEvidence(stream)
            for (second, line) in stream.lines.enumerated() {
                evidence.add(line)
                for (index, (found, wanted)) in zip(evidence.all, line.expected).enumerated()
                where !((found - wanted).magnitude <= 1e-9) {
                    // The reference gives up at 1e-300.
                    guard index != 5 || wanted > -600 else { continue }
                    Issue.record("stream \(number), second \(second), process \(index): \(found), not \(wanted)")
                }
            }
        }
    }

    @Test("A gate finds what its processes find")
    func gate() {
        for stream in streams {
            let specification = AnalysisSpecification(longest: 1800, metrics: [.errors(ErrorLimits())])
            var evidence = Evidence()
            evidence.observeControl(
                Reading.Counts(requests: stream.control.requests, errors: stream.control.errors))
            var gate = SequentialTest(specification, design: .live(weight: stream.weight), evidence: evidence)
            for (second, line) in stream.lines.enumerated() {
                let reading = Reading(
                    control: Reading.Counts(requests: line.control.requests, errors: line.control.errors),
                    candidate: Reading.Counts(requests: line.candidate.requests, errors: line.candidate.errors))
                let measurement = gate.read(reading, at: Double(second + 1)).measurements[0]
                let ln10 = Mathematics.log(10)
                #expect(((measurement.harm?.log10E ?? .nan) * ln10 - line.expected[0]).magnitude <= 1e-9)
                #expect(((measurement.safety?.log10E ?? .nan) * ln10 - line.expected[2]).magnitude <= 1e-9)
            }
        }
    }
}
