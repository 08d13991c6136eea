import NIOCore
import RolloutEngine
import Rollouts
import Testing

@testable import LocalEndpoints

@Suite("Counts of requests")
struct DataCountingTests {
    @Test("everything but an answer is an error, and who went away is not counted")
    func errors() {
        var tally = OutcomeTally()
        for outcome in RequestOutcome.allCases { tally.add(outcome, nanoseconds: 6_000_000) }
        #expect(tally.counts.requests == 5)
        #expect(tally.counts.errors == 4)
        #expect(tally.counts.refused == 3, "the model answered the one that failed")
        #expect(tally.counts.latencies[OutcomeReading.latencyBin(ofMilliseconds: 6)] == 1, "a refusal has no latency")
        #expect(tally.counts.latencies.reduce(0, +) == 1)
        #expect(tally.count(of: .abandoned) == 1)
    }

    @Test(
        "a pair is told by who failed and whether both said the same",
        arguments: [
            (true, true, true, .init(pairs: 1, compared: 1)),
            (true, true, false, .init(pairs: 1, compared: 1, disagreed: 1)),
            (false, true, nil, .init(pairs: 1, onlyLiveFailed: 1)),
            (true, false, nil, .init(pairs: 1, onlyMirrorFailed: 1)),
            (false, false, nil, .init(pairs: 1, bothFailed: 1)),
        ] as [(Bool, Bool, Bool?, OutcomeReading.PairCounts)])
    func pairs(_ live: Bool, _ copy: Bool, _ agree: Bool?, _ counts: OutcomeReading.PairCounts) {
        func end(_ isAnswered: Bool, _ milliseconds: UInt64) -> MirrorPair.End {
            .init(answer: isAnswered ? ComparedBody(limit: 10) : nil, nanoseconds: milliseconds * 1_000_000)
        }
        let state = DeploymentState(endpoint: "houses", deployment: "green", incarnation: "1")
        state.countPair(live: end(live, 40), copy: end(copy, 60), agree: agree)
        var counts = counts
        let isCompared = live && copy
        counts.liveLatencies[OutcomeReading.latencyBin(ofMilliseconds: 40)] = isCompared ? 1 : 0
        counts.mirrorLatencies[OutcomeReading.latencyBin(ofMilliseconds: 60)] = isCompared ? 1 : 0
        #expect(state.reading.mirrored == counts)
    }

    @Test("counts outlive a change of the table, and begin anew with an incarnation")
    func incarnations() throws {
        var compiler = TableCompiler(bandwidth: nil)
        var route = EndpointRoute.sample(traffic: ["blue": 100])
        let first = compiler.compile(RoutingTable(endpoints: [route]), at: .now())
        first.endpoints.first?.deployments.first?.state.end(
            .live, .answered, nanoseconds: 1, leaving: nil, at: .now())
        let second = compiler.compile(RoutingTable(endpoints: [route]), at: .now())
        #expect(second.endpoints.first?.deployments.first?.state === first.endpoints.first?.deployments.first?.state)
        route.deployments[0].incarnation = "again"
        _ = compiler.compile(RoutingTable(endpoints: [route]), at: .now())
        let blue = compiler.readings.filter { $0.deployment == "blue" }.map { ($0.incarnation, $0.live.requests) }
        #expect(blue.sorted { $0 < $1 }.map(\.1) == [0, 1])
        #expect(blue.sorted { $0 < $1 }.map(\.0) == ["again", "blue"])
    }
}

@Suite("The metrics page")
struct MetricsPageTests {
    @Test("its histogram has fewer bins than the tally, and counts the same requests up to each of its bounds")
    func histogram() {
        var tally = OutcomeTally()
        for milliseconds: UInt64 in [0, 1, 5, 6, 40, 41, 750, 10_000, 10_001, 500_000] {
            tally.add(.answered, nanoseconds: milliseconds * 1_000_000)
        }
        let page = MetricsPage(
            deployments: [
                DeploymentObservation(
                    endpoint: "houses", deployment: "blue", inFlight: 0, waiting: 0, ready: 1, live: tally,
                    copies: OutcomeTally(), pairs: .init(), droppedCopies: 0)
            ], refused: [:], connections: 0, began: Timestamp(milliseconds: 0))
        let lines = page.text.split(separator: "\n")
        for (bound, count) in [
            ("0.001", 2), ("0.005", 3), ("0.0075", 4), ("0.04", 5), ("0.05", 6), ("0.75", 7), ("10.0", 8), ("+Inf", 10),
        ] {
            #expect(
                lines.contains { $0.hasSuffix("mirrored=\"false\",le=\"\(bound)\"} \(count)") }, "up to \(bound) s")
        }
    }
}

@Suite("The bandwidth of an endpoint")
struct DataBandwidthTests {
    @Test("a second's bytes pass at once, and more waits for as long as it takes to pay for it")
    func burst() {
        var bucket = BandwidthBucket(bytesPerSecond: 1000)
        #expect(bucket.take(1000, at: 5_000_000_000) == 0)
        #expect(bucket.take(500, at: 5_000_000_000) == 500_000_000)
        #expect(bucket.take(0, at: 5_500_000_000) == 0)
        #expect(bucket.take(1000, at: 5_500_000_000) == 1_000_000_000)
    }

    @Test("over a long time exactly the limit passes")
    func longRun() {
        var bucket = BandwidthBucket(bytesPerSecond: 5_000_000)
        var now: UInt64 = 0
        var bytes = 0
        while now < 20_000_000_000 {
            bytes += 100_000
            now += bucket.take(100_000, at: now)
            now += 1_000_000
        }
        #expect(abs(bytes - 105_000_000) <= 200_000)
    }
}

@Suite("Time-outs of many connections")
struct DataDeadlineTests {
    private final class Member: Expiring {
        var expiry = Expiry()
        var expired: [NIODeadline] = []
        func expire(at now: NIODeadline) {
            expired.append(now)
            expiry.moment = .distantFuture
        }
    }

    private static func moment(_ milliseconds: Int64) -> NIODeadline {
        .uptimeNanoseconds(1_000_000_000) + .milliseconds(milliseconds)
    }

    /// Drives the wheel as a loop does, until `end`.
    private static func run(_ wheel: DeadlineWheel, from start: NIODeadline?, to end: Int64) {
        var next = start
        while let moment = next, moment <= Self.moment(end) { next = wheel.advance(to: moment) }
    }

    @Test("it expires not before its moment, and at most two ticks after", arguments: [0, 3, 50, 1270, 1300, 60_000])
    func precision(_ after: Int64) throws {
        let wheel = DeadlineWheel(now: Self.moment(0))
        let member = Member()
        member.expiry.moment = Self.moment(after)
        Self.run(wheel, from: wheel.watch(member, at: Self.moment(0)), to: after + 100)
        #expect(member.expired.count == 1)
        let lateness = try #require(member.expired.first) - Self.moment(after)
        #expect(lateness >= .zero && lateness <= .milliseconds(10))
    }

    @Test("a moment that is put off needs no word to the wheel, one that comes nearer does")
    func moved() throws {
        let wheel = DeadlineWheel(now: Self.moment(0))
        let member = Member()
        member.expiry.moment = Self.moment(100)
        let first = wheel.watch(member, at: Self.moment(0))
        member.expiry.moment = Self.moment(500)
        #expect(wheel.watch(member, at: Self.moment(10)) == nil)
        Self.run(wheel, from: first, to: 400)
        #expect(member.expired.isEmpty)
        member.expiry.moment = Self.moment(420)
        Self.run(wheel, from: wheel.watch(member, at: Self.moment(400)), to: 1000)
        #expect(member.expired.count == 1)
        #expect(try #require(member.expired.first) <= Self.moment(430))
    }

    @Test("a wheel that was empty for long goes on at once")
    func idle() throws {
        let wheel = DeadlineWheel(now: Self.moment(0))
        let member = Member()
        member.expiry.moment = Self.moment(3_600_000)
        Self.run(wheel, from: wheel.watch(member, at: Self.moment(3_599_000)), to: 3_700_000)
        #expect(member.expired.count == 1)
        #expect(try #require(member.expired.first) >= Self.moment(3_600_000))
    }
}
