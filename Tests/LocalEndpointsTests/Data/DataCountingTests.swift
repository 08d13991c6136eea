import NIOCore
import RolloutEngine
import Rollouts
import Testing

@testable import LocalEndpoints

@Suite("Counts of requests")
struct DataCountingTests {
    @Test("a latency falls into the bin of the first bound that it does not exceed")
    func bins() {
        for (index, bound) in OutcomeReading.latencyBounds.enumerated() {
            let nanoseconds = UInt64(bound) * 1_000_000
            #expect(OutcomeTally.bin(of: nanoseconds) == index)
            #expect(OutcomeTally.bin(of: nanoseconds + 1) == index + 1)
        }
        #expect(OutcomeTally.bin(of: 0) == 0)
        #expect(OutcomeTally.bin(of: .max) == OutcomeReading.latencyBounds.count)
    }

    @Test("everything but an answer is an error, and who went away is not counted")
    func errors() {
        var tally = OutcomeTally()
        for outcome in RequestOutcome.allCases { tally.add(outcome, nanoseconds: 6_000_000) }
        #expect(tally.counts.requests == 5)
        #expect(tally.counts.errors == 4)
        #expect(tally.counts.latencies == [0, 5] + [Int](repeating: 0, count: 13))
        #expect(tally.count(of: .abandoned) == 1)
    }

    @Test(
        "a pair is told by who failed and whether both said the same",
        arguments: [
            (false, false, true, .init(pairs: 1)), (false, false, false, .init(pairs: 1, disagreed: 1)),
            (true, false, true, .init(pairs: 1, onlyLiveFailed: 1)),
            (false, true, true, .init(pairs: 1, onlyMirrorFailed: 1)), (true, true, true, .init(pairs: 1)),
        ] as [(Bool, Bool, Bool, OutcomeReading.PairCounts)])
    func pairs(_ live: Bool, _ copy: Bool, _ agree: Bool, _ counts: OutcomeReading.PairCounts) {
        let state = DeploymentState(endpoint: "houses", deployment: "green", incarnation: "1")
        state.countPair(liveFailed: live, copyFailed: copy, agree: agree)
        #expect(state.reading.mirrored == counts)
    }

    @Test("counts outlive a change of the table, and begin anew with an incarnation")
    func incarnations() throws {
        var compiler = TableCompiler(bandwidth: nil)
        var route = EndpointRoute.sample(traffic: ["blue": 100])
        let first = compiler.compile(RoutingTable(endpoints: [route]), at: .now())
        first.endpoints.first?.deployments.first?.state.count(.live, .answered, nanoseconds: 1)
        let second = compiler.compile(RoutingTable(endpoints: [route]), at: .now())
        #expect(second.endpoints.first?.deployments.first?.state === first.endpoints.first?.deployments.first?.state)
        route.deployments[0].incarnation = "again"
        _ = compiler.compile(RoutingTable(endpoints: [route]), at: .now())
        let blue = compiler.readings.filter { $0.deployment == "blue" }.map { ($0.incarnation, $0.live.requests) }
        #expect(blue.sorted { $0 < $1 }.map(\.1) == [0, 1])
        #expect(blue.sorted { $0 < $1 }.map(\.0) == ["again", "blue"])
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
