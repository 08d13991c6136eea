import Testing

@testable import RolloutStatistics

@Suite("Evidence beside the reference implementation") struct RecordedStreamTests {
    private let streams = RecordedStream.all(in: recordedStreams)

    @Test("ln E agrees to 1e-9, at every second of every stream")
    func processes() {
        #expect(streams.count == 4)
        for (number, stream) in streams.enumerated() {
            var evidence = RecordedEvidence(stream)
            #expect(stream.lines.count == 40)
            for (second, line) in stream.lines.enumerated() {
                evidence.add(line)
                for (index, (found, wanted)) in zip(evidence.all, line.expected).enumerated() {
                    #expect((found - wanted).magnitude <= 1e-9, "stream \(number), second \(second), process \(index)")
                }
            }
        }
    }

    @Test("A gate finds what its processes find")
    func gate() {
        for stream in streams {
            let specification = GateSpecification(longest: 1800, metrics: [.errors(ErrorLimits())])
            var evidence = Evidence()
            evidence.observeControl(
                Reading.Counts(requests: stream.control.requests, errors: stream.control.errors))
            var gate = Gate(specification, design: .live(weight: stream.weight), evidence: evidence)
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
