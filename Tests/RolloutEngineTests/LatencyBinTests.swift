import FoundationEssentials
import RolloutEngine
import Testing

@Suite("Latency bins")
struct LatencyBinTests {
    private let bounds = OutcomeReading.latencyBounds

    @Test("a latency falls into the bin of the first bound that it does not exceed")
    func bins() {
        for (index, bound) in bounds.enumerated() {
            let nanoseconds = UInt64((bound * 1_000_000).rounded())
            #expect(OutcomeReading.latencyBin(ofNanoseconds: nanoseconds) == index)
            #expect(OutcomeReading.latencyBin(ofNanoseconds: nanoseconds + 1) == index + 1)
            #expect(OutcomeReading.latencyBin(ofMilliseconds: bound) == index)
        }
        #expect(OutcomeReading.latencyBin(ofNanoseconds: 0) == 0)
        #expect(OutcomeReading.latencyBin(ofNanoseconds: .max) == bounds.count)
        #expect(OutcomeReading.latencyBin(ofMilliseconds: .infinity) == bounds.count)
        #expect(OutcomeReading.latencyBin(ofMilliseconds: -1) == 0)
    }

    @Test("bins are 3 to 7 % wide from 0.1 ms to 100 s, and bounds are numbers that people name")
    func widths() {
        #expect(bounds.first == 0.1 && bounds.last == 100_000)
        for (bound, next) in zip(bounds, bounds.dropFirst()) { #expect((1.03...1.07).contains(next / bound)) }
        for named in [0.5, 1, 2.5, 5, 10, 25, 40, 50, 75, 100, 150, 200, 250, 500, 750, 1000, 2500, 5000, 60_000] {
            #expect(bounds.contains(named))
        }
    }

    @Test("counts are coded without the bins that are 0 on either side")
    func coding() throws {
        var counts = OutcomeReading.Counts(requests: 8, errors: 1)
        for (bin, count) in [(100, 5), (103, 3)] { counts.latencies[bin] = count }
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let json = String(decoding: try encoder.encode(counts), as: UTF8.self)
        #expect(json == #"{"bins":"100:5 0 0 3","errors":1,"requests":8}"#)
        #expect(try JSONDecoder().decode(OutcomeReading.Counts.self, from: Data(json.utf8)) == counts)
        var pairs = OutcomeReading.PairCounts(pairs: 3, bothFailed: 1, compared: 2, disagreed: 1)
        (pairs.liveLatencies[7], pairs.mirrorLatencies[9]) = (3, 3)
        #expect(try JSONDecoder().decode(OutcomeReading.PairCounts.self, from: encoder.encode(pairs)) == pairs)
        let none = try encoder.encode(OutcomeReading.Counts())
        #expect(try JSONDecoder().decode(OutcomeReading.Counts.self, from: none) == .init())
        for wrong in ["-1:1 1", "301:1 1", "x:1", "1:x", "1", ":1", "1:2:3"] {
            let beyond = #"{"bins":"\#(wrong)","errors":0,"requests":2}"#
            #expect(throws: DecodingError.self) {
                try JSONDecoder().decode(OutcomeReading.Counts.self, from: Data(beyond.utf8))
            }
        }
    }
}
