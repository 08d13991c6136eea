import Foundation
import PrometheusMetrics
import RolloutEngine
import Rollouts
import Testing

/// What goes wrong between a gateway's counters and us must never look like requests.
@Suite("Counters in trouble, by a real Prometheus", .integration, .serialized, .timeLimit(.minutes(5)))
struct PrometheusTroubleTests {
    private let shape = GatewayShape.envoy

    /// Sums what readings say, each from where the one before ended.
    private final class Sum {
        let outcomes: PrometheusOutcomes
        var cursor: Int?
        var blue = 0
        var green = 0
        var readings: [OutcomeReading] = []

        init(_ outcomes: PrometheusOutcomes) { self.outcomes = outcomes }

        func read() async throws {
            let reading = try await outcomes.outcomes(since: cursor)
            if cursor != nil {
                blue += reading.deployments["blue"]?.requests ?? 0
                green += reading.deployments["green"]?.requests ?? 0
            }
            cursor = reading.cursor
            readings.append(reading)
        }

        /// Reads until the sums are these.
        func reach(blue: Int, green: Int) async throws -> Bool {
            try await eventually {
                try await read()
                return self.blue == blue && self.green == green
            }
        }

        /// Reads for a while, in which nothing more may come.
        func rest(_ readings: Int = 25) async throws {
            for _ in 0..<readings {
                try await read()
                try await Task.sleep(for: .milliseconds(100))
            }
        }
    }

    private func with(
        _ count: Int, _ body: ([MetricsExporter], PrometheusFixture, Sum) async throws -> Void
    ) async throws {
        let exporters = try (0..<count).map { _ in try MetricsExporter() }
        for exporter in exporters { try exporter.show(shape.metrics(blue: (1000, 10), green: nil)) }
        try await PrometheusFixture.with(scraping: exporters.map(\.address)) { prometheus in
            let client = try prometheus.client()
            let sum = Sum(
                PrometheusOutcomes(shape.preset.series(of: GatewayShape.route), of: client, settling: .seconds(1)))
            #expect(
                try await eventually {
                    try await sum.outcomes.outcomes(since: nil).deployments["blue"]?.requests == 1000 * count
                })
            try await sum.read()
            try await body(exporters, prometheus, sum)
            await client.close()
        }
    }

    @Test("replicas are summed; one that could not be scraped for a while is no flood when it is back")
    func replicas() async throws {
        try await with(2) { exporters, _, sum in
            try exporters[0].show(shape.metrics(blue: (1010, 10), green: (5, 0)))
            try exporters[1].show(shape.metrics(blue: (1020, 10), green: (7, 0)))
            #expect(try await sum.reach(blue: 30, green: 12), "\(sum.blue) \(sum.green)")
            try exporters[1].show("these are no metrics {")
            try await sum.rest()
            try exporters[0].show(shape.metrics(blue: (1020, 10), green: (6, 0)))
            #expect(try await sum.reach(blue: 40, green: 13), "\(sum.blue) \(sum.green)")
            // What it counted meanwhile, nobody knows when: perhaps before the canary.
            try exporters[1].show(shape.metrics(blue: (9000, 10), green: (7, 0)))
            try await sum.rest()
            #expect(sum.blue == 40 && sum.green == 13, "\(sum.blue) \(sum.green)")
            try exporters[1].show(shape.metrics(blue: (9003, 10), green: (9, 0)))
            #expect(try await sum.reach(blue: 43, green: 15), "\(sum.blue) \(sum.green)")
        }
    }

    @Test("a gateway that is started anew counts from 0, and a Deployment's old counters of the same name do not count")
    func anew() async throws {
        try await with(1) { exporters, _, sum in
            try exporters[0].show(shape.metrics(blue: (1010, 10), green: (500, 400)))
            #expect(try await sum.reach(blue: 10, green: 500))
            // Green's counters are gone with it, and come back with the next one of that name.
            try exporters[0].show(shape.metrics(blue: (1020, 10), green: nil))
            #expect(try await sum.reach(blue: 20, green: 500))
            try exporters[0].show(shape.metrics(blue: (1030, 10), green: (600, 0)))
            #expect(try await sum.reach(blue: 30, green: 1100))
            try exporters[0].show(shape.metrics(blue: (4, 0), green: (1, 0)))
            #expect(try await sum.reach(blue: 34, green: 1101))
            #expect(sum.readings.last { $0.deployments["blue"]?.requests == 4 }?.continuity == .restarted)
        }
    }

    @Test("a Prometheus that is killed loses nothing, tells nothing twice, and says so while it is away")
    func restarted() async throws {
        try await with(1) { exporters, prometheus, sum in
            try exporters[0].show(shape.metrics(blue: (1010, 10), green: (5, 0)))
            #expect(try await sum.reach(blue: 10, green: 5))
            prometheus.kill()
            do throws(PrometheusError) {
                _ = try await sum.outcomes.outcomes(since: sum.cursor)
                Issue.record("it answers")
            } catch {
                #expect(error.code == .unreachable)
            }
            try exporters[0].show(shape.metrics(blue: (1060, 10), green: (10, 0)))
            try await Task.sleep(for: .seconds(2))
            try await prometheus.startAgain()
            #expect(try await sum.reach(blue: 60, green: 10), "\(sum.blue) \(sum.green)")
            try await sum.rest()
            #expect(sum.blue == 60 && sum.green == 10)
        }
    }

    @Test("it is told up to when requests are counted, by our clock")
    func counted() async throws {
        try await with(1) { exporters, _, sum in
            let start = SystemClock().now()
            try await sum.rest(40)
            let told = sum.readings.compactMap(\.countedTo)
            #expect(told.count == sum.readings.count)
            // As exact as our clock is held against the server's.
            #expect(zip(told, told.dropFirst()).allSatisfy { $1 - $0 > .milliseconds(-500) })
            let last = try #require(told.last)
            let behind = SystemClock().now() - last
            #expect(last > start && behind > .milliseconds(900) && behind < .seconds(5), "\(behind)")
        }
    }
}
