import FoundationEssentials
import Rollouts
import Testing

@testable import LocalEndpoints

@Suite("Load")
struct LoadTests {
    private let second: Int64 = 1_000_000_000

    @Test(
        "requests are due at even distances from the start, however often one looks", arguments: [1.0, 3, 500, 20_000])
    func pace(rate: Double) {
        var pacer = LoadPacer(rate: rate, start: 17)
        var intended: [Int64] = []
        var time: Int64 = 17
        while time < 10 * second {
            let due = pacer.due(at: time)
            #expect(due.missed == 0)
            intended += due.intended
            time += 7_654_321
        }
        let expected = (0..<intended.count).map { 17 + Int64((Double($0) / rate * 1e9).rounded(.down)) }
        #expect(intended == expected)
        #expect(abs(Double(intended.count) - rate * 10) <= rate * 0.01 + 1)
    }

    @Test("what a short pause delayed is sent at once, each with the time at which it was due")
    func pause() {
        var pacer = LoadPacer(rate: 100, start: 0)
        #expect(pacer.due(at: 0).intended == [0])
        let due = pacer.due(at: second / 2)
        #expect(due.intended.count == 50 && due.missed == 0)
        #expect(due.intended.first == 10_000_000)
        #expect(pacer.next == 510_000_000)
    }

    @Test("what is more than a second late is left out and counted, and the pace goes on")
    func longPause() {
        var pacer = LoadPacer(rate: 100, start: 0)
        _ = pacer.due(at: 0)
        let due = pacer.due(at: 6 * second)
        #expect(due.missed == 499 && due.intended.count == 101)
        #expect(pacer.next == 6 * second + 10_000_000)
    }

    @Test(
        "a process that stood still had no clients meanwhile: nothing of it is missed, and the pace goes on from there")
    func standstill() {
        var pacer = LoadPacer(rate: 100, start: 0)
        _ = pacer.due(at: 0)
        let due = pacer.due(at: 60 * second)
        #expect(due.missed == 0 && due.intended == [60 * second])
        #expect(pacer.next == 60 * second + 10_000_000)
    }

    @Test("a quantile is at most 3.2 % above the true one, and never below it")
    func quantiles() {
        var histogram = LatencyHistogram()
        for microseconds in 1...200_000 as ClosedRange<Int64> { histogram.add(nanoseconds: microseconds * 1000) }
        for share in [0.001, 0.01, 0.5, 0.9, 0.99, 0.999, 1] {
            let exact = share * 200_000 * 1000
            let told = Double(histogram.quantile(share))
            #expect(told >= exact && told <= exact * 1.032 + 1000, "\(share): \(told) for \(exact)")
        }
        #expect(histogram.longest == 200_000_000)
        #expect(LatencyHistogram().quantile(0.5) == 0)
        histogram.add(nanoseconds: .max)
        #expect(histogram.quantile(1) == .max)
    }

    @Test("a report counts what was asked, what came of it and what is open")
    func report() {
        var report = LoadReport()
        report.sent = 10
        for _ in 0..<6 { report.noteAnswer(200, nanoseconds: 1_000_000) }
        report.noteAnswer(424, nanoseconds: 90_000_000)
        report.noteAnswer(429, nanoseconds: 1_000_000)
        report.note(.broken)
        #expect(report.answered == 8 && report.failed == 3 && report.inFlight == 1)
        #expect(report.p50 == .milliseconds(1) || report.p50 == .milliseconds(2))
        #expect(report.longest == .milliseconds(90))
        #expect(report.description.contains("1 answered 424, 1 answered 429, 1 broken"))
    }

    private func process(answers: Int, failing: Int, open: Int) -> LoadReport {
        var report = LoadReport()
        report.sent = answers + failing + open
        for number in 0..<answers { report.noteAnswer(200, nanoseconds: Int64(number + 1) * 1_000_000) }
        for _ in 0..<failing { report.noteAnswer(424, nanoseconds: 1_000_000) }
        return report
    }

    @Test("the report of a resumed run has all its processes' counts, and never fewer than before")
    func following() throws {
        var (first, second) = (process(answers: 100, failing: 2, open: 7), process(answers: 300, failing: 1, open: 5))
        first.note(.late)
        first.dropped = 3
        second.dropped = 4
        let sum = second.following(first)
        #expect(sum.sent == 109 + 306 && sum.succeeded == 400 && sum.failed == 4)
        // What was open when the first was gone has no answer, as what is open now.
        #expect(sum.inFlight == 6 + 5)
        #expect(sum.statuses == [424: 3] && sum.failures == [.late: 1] && sum.dropped == 7)
        #expect(sum.answered == 403 && sum.longest == .milliseconds(300))
        #expect(sum.p99 > second.p50 && sum.p50 < second.p50)
        // As it is kept in a file.
        let kept = try JSONDecoder().decode(LoadReport.self, from: JSONEncoder().encode(sum))
        #expect(kept == sum)
    }

    @Test(
        "counts that cannot be are refused",
        arguments: [#"{"-1": 1}"#, #"{"99999": 1}"#, #"{"1": -1}"#, #"{"1": 9223372036854775807, "2": 1}"#])
    func badCounts(bins: String) {
        let text = #"{"bins": \#(bins), "longest": 1}"#
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(LatencyHistogram.self, from: Data(text.utf8))
        }
    }

    @Test(
        "what is no scoring URL, or no key, is refused in words",
        arguments: ["https://127.0.0.1/score", "127.0.0.1:80", "", "http://", "http://127.0.0.1:99999/score"])
    func refusals(url: String) {
        #expect(throws: LoadError.self) { try LoadTarget(url: url, key: "k", body: "{}") }
        #expect(throws: LoadError.self) {
            try LoadTarget(url: "http://127.0.0.1/score", key: "a\r\nb: c", body: "{}")
        }
    }
}
