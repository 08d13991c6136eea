import RolloutStatistics
import Rollouts
import Testing

@testable import RolloutEngine

@Suite("Readings of a source that tells late")
struct LateReadingTests {
    private static let start = Timestamp(milliseconds: 1_800_000_000_000)

    private static func analysis(warmUp: Double = 0, longest: Double = 600) throws -> AnalysisRecord {
        let before = EndpointSnapshot(
            definition: EndpointDefinition(name: "houses"), kind: .kubernetes,
            traffic: .init(wanted: ["blue": 100], actual: ["blue": 100]))
        var after = before
        after.traffic = .init(wanted: ["blue": 90, "green": 10], actual: ["blue": 90, "green": 10])
        return AnalysisRecord(
            of: AnalysisSpecification(
                longest: longest, warmUp: warmUp,
                metrics: [.errors(ErrorLimits()), .prometheus(PrometheusLimits(url: "x", query: "y", maximum: 1))]),
            try #require(AnalysisArms(on: after, since: before.traffic.wanted)), stage: 1, alarmShares: 3, after: nil,
            at: start)
    }

    private static func at(_ seconds: Int64) -> Timestamp { start + .seconds(seconds) }

    /// What is told of requests up to `end`, seconds since the stage began.
    private static func told(
        to end: Int64, blue: (Int, Int) = (0, 0), green: (Int, Int) = (0, 0)
    ) -> OutcomeReading {
        OutcomeReading(
            cursor: Int(end), countedTo: at(end),
            deployments: [
                "blue": .init(requests: blue.0, errors: blue.1), "green": .init(requests: green.0, errors: green.1),
            ])
    }

    @Test("requests of before the stage are no evidence, however late they are told")
    func before() throws {
        var analysis = try Self.analysis()
        // Scraped every 15 s and told 3 s later: until second 16, everything is of before.
        for second in 1...15 as ClosedRange<Int64> {
            analysis.take(
                Self.told(to: -14, blue: second == 1 ? (5000, 25) : (0, 0)), signals: [:], at: Self.at(second))
        }
        // Blue had all traffic for most of this stretch: as evidence it would be as if green were never chosen.
        analysis.take(Self.told(to: 1, blue: (700, 4), green: (1, 0)), signals: [:], at: Self.at(16))
        #expect(analysis.verdict?.candidate.requests == 0 && analysis.verdict?.control.requests == 0)
        analysis.take(Self.told(to: 16, blue: (675, 3), green: (75, 0)), signals: [:], at: Self.at(31))
        let verdict = try #require(analysis.verdict)
        #expect(verdict.candidate.requests == 75 && verdict.control.requests == 675)
        #expect(verdict.findings.isEmpty)
        #expect(try #require(verdict.measurements.first?.harm).log10E < 0.1)
    }

    @Test("time goes on while nothing is told, and queries are heeded")
    func meanwhile() throws {
        var analysis = try Self.analysis(longest: 30)
        analysis.take(Self.told(to: -14), signals: ["prometheus": .missing("no data")], at: Self.at(1))
        #expect(analysis.verdict?.isOver == false && analysis.troubles == ["prometheus: no data"])
        analysis.miss("nobody listens", signals: ["prometheus": .value(0)], at: Self.at(20))
        #expect(analysis.verdict?.isOver == false && analysis.troubles == ["nobody listens"])
        var failing = analysis
        failing.miss("nobody listens", signals: ["prometheus": .value(2)], at: Self.at(21))
        #expect(failing.verdict?.decision == .fail)
        analysis.miss("nobody listens", signals: [:], at: Self.at(30))
        let verdict = try #require(analysis.verdict)
        #expect(verdict.isOver && verdict.decision == .inconclusive)
        let reason = verdict.reason(for: analysis)
        #expect(reason == "no verdict on green after 30s: it answered no requests; nobody listens", "\(reason)")
    }

    @Test("requests of the warm-up are no evidence, also when they are told after it")
    func warmUp() throws {
        var analysis = try Self.analysis(warmUp: 30)
        analysis.take(Self.told(to: -1, blue: (5000, 25)), signals: [:], at: Self.at(1))
        analysis.take(Self.told(to: 14, blue: (600, 3), green: (0, 0)), signals: [:], at: Self.at(17))
        for second in 18...31 as ClosedRange<Int64> {
            analysis.take(Self.told(to: 14), signals: [:], at: Self.at(second))
        }
        analysis.take(Self.told(to: 29, blue: (675, 3), green: (75, 75)), signals: [:], at: Self.at(32))
        #expect(analysis.verdict?.candidate.errors == 75)
        #expect(analysis.verdict?.decision == .inconclusive)
        for second in 33...62 as ClosedRange<Int64> {
            analysis.take(Self.told(to: 29), signals: [:], at: Self.at(second))
        }
        analysis.take(Self.told(to: 60, blue: (675, 3), green: (75, 75)), signals: [:], at: Self.at(63))
        #expect(analysis.verdict?.decision == .inconclusive)
        analysis.take(Self.told(to: 75, blue: (675, 3), green: (75, 75)), signals: [:], at: Self.at(78))
        #expect(analysis.verdict?.decision == .fail)
    }

    @Test("a run of an earlier Turnout, which did not tell how far it had counted, is gone on with")
    func earlier() throws {
        var analysis = try Self.analysis()
        analysis.take(OutcomeReading(cursor: 1), signals: [:], at: Self.at(1))
        analysis.countedTo = nil
        let green = OutcomeReading(cursor: 2, deployments: ["green": .init(requests: 5)])
        analysis.take(green, signals: [:], at: Self.at(2))
        #expect(analysis.verdict?.candidate.requests == 5)
    }
}
