import Foundation
import Testing

@testable import RolloutStatistics

@Suite("How evidence is written") struct CodingTests {
    @Test(
        "counts are a text without the zeros around them",
        arguments: [
            ([0, 0, 4, 0, 9, 0], "2:4 0 9"), ([7], "0:7"), ([0, .max], "1:9223372036854775807"), ([0, 0], nil),
            ([], nil),
        ] as [([Int], String?)])
    func counts(_ counts: [Int], _ text: String?) {
        #expect(CompactCounts.text(of: counts) == text)
        if let text { #expect(CompactCounts.counts(of: text, bins: counts.count) == counts) }
    }

    @Test(
        "what is no such text is nil",
        arguments: ["", "1", "1:", "4:1 2", "-1:3", "0:x", "0:1:2", "99999999999999999999:1"])
    func wrongCounts(_ text: String) {
        let counts = CompactCounts.counts(of: text, bins: 5)
        #expect(text == "1:" ? counts == [0, 0, 0, 0, 0] : counts == nil)
    }

    @Test(
        "bounds are a text of runs, and the same to the last bit",
        arguments: [
            ([0.1, 0.105, 0.11, 0.2, 25, 50, 75], "100000+5000*2 200000+24800000*1 50000000+25000000*1"),
            ([40], "40000000"),
            ([], ""),
        ] as [([Double], String)])
    func bounds(_ bounds: [Double], _ text: String) {
        #expect(CompactBounds.text(of: bounds) == text)
        #expect(CompactBounds.bounds(of: text) == bounds)
    }

    @Test(
        "bounds that are no whole nanoseconds, or don't ascend, are no such text",
        arguments: [
            [0.1 + 0.2], [.infinity], [.nan], [2, 1], [1, 1], [0], [-1], [1e300],
        ])
    func otherBounds(_ bounds: [Double]) { #expect(CompactBounds.text(of: bounds) == nil) }

    @Test(
        "what is no text of bounds is nil",
        arguments: [
            "x", "1+2", "1+0*3", "1+2*0", "1+2*999999999", "9223372036854775807+1*2", "1+2*3*4",
        ])
    func wrongBounds(_ text: String) { #expect(CompactBounds.bounds(of: text) == nil) }

    @Test(
        "evidence and counts are read as they were written, whatever their bounds",
        arguments: [
            [], [10, 20, 40, 80], [1.0 / 3, 2.0 / 3, 40, 80],
        ] as [[Double]])
    func roundTrip(_ bounds: [Double]) throws {
        var evidence = Evidence(latencyBounds: bounds)
        let bins = bounds.isEmpty ? [] : [0, 3, 4, 2, 0]
        evidence.observeControl(Reading.Counts(requests: 9, errors: 1, latencies: bins))
        #expect(try recoded(evidence) == evidence)
        evidence.observeControl(Reading.Counts(requests: 9000, errors: 3, latencies: bins.map { $0 * 1000 }))
        let gate = SequentialTest(
            AnalysisSpecification(
                longest: 10, metrics: [.errors(ErrorLimits()), .latency(LatencyLimits(tolerance: 0.07))]),
            design: .live(weight: 0.1), evidence: evidence)
        #expect((gate.evidence.scale == nil) == bounds.isEmpty)
        #expect(try recoded(gate) == gate)
        #expect(try recoded(Reading.Counts(requests: 3, errors: 1, latencies: bins)).latencies == bins)
    }

    @Test("evidence that an earlier Turnout wrote is read")
    func earlier() throws {
        let counts = #"{"requests":9,"errors":1,"latencies":[0,3,4,2]}"#
        let wanted = Reading.Counts(requests: 9, errors: 1, latencies: [0, 3, 4, 2])
        #expect(try JSONDecoder().decode(Reading.Counts.self, from: Data(counts.utf8)) == wanted)
        var evidence = Evidence(latencyBounds: [10, 20, 40])
        evidence.observeControl(wanted)
        var members = try #require(
            JSONSerialization.jsonObject(with: JSONEncoder().encode(evidence)) as? [String: Any])
        members["bounds"] = nil
        members["controlBins"] = nil
        members["latencyBounds"] = [10, 20, 40]
        members["controlLatencies"] = [0, 3, 4, 2]
        let data = try JSONSerialization.data(withJSONObject: members)
        #expect(try JSONDecoder().decode(Evidence.self, from: data) == evidence)
    }

    @Test(
        "texts that are none, and bins that nothing has, are refused",
        arguments: [
            #"{"requests":1,"errors":0,"bins":3,"counts":"9:1"}"#, #"{"requests":1,"errors":0,"bins":-1}"#,
            #"{"requests":1,"errors":0,"bins":99999999999}"#,
        ])
    func refused(_ text: String) {
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(Reading.Counts.self, from: Data(text.utf8)) }
    }

    @Test("all evidence of three hundred bins is a few kilobytes")
    func size() throws {
        let bounds = (1...302).map { Double($0) }
        var evidence = Evidence(latencyBounds: bounds)
        let bins = (0..<303).map { $0 % 7 * 100 }
        evidence.observeControl(Reading.Counts(requests: bins.reduce(0, +), errors: 9, latencies: bins))
        let gate = SequentialTest(
            AnalysisSpecification(longest: 10, metrics: [.errors(ErrorLimits()), .latency(LatencyLimits())]),
            design: .live(weight: 0.1), evidence: evidence)
        #expect(try JSONEncoder().encode(gate).count < 4000)
    }

    private func recoded<Value: Codable>(_ value: Value) throws -> Value {
        try JSONDecoder().decode(Value.self, from: JSONEncoder().encode(value))
    }
}
