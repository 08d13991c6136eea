import FoundationEssentials
import RolloutEngine
import Rollouts
import Testing

@testable import LocalEndpoints

@Suite("Totals of requests")
struct ControlTotalsTests {
    private func totals(_ requests: Int, errors: Int = 0, incarnation: String = "a", cursor: Int = 1) -> EndpointTotals
    {
        EndpointTotals(
            cursor: cursor,
            deployments: [
                incarnation: .init(
                    name: "blue", live: .init(requests: requests, errors: errors, latencies: [requests, 0]),
                    mirrored: .init(pairs: requests))
            ])
    }

    @Test("a reading has what came after the cursor")
    func difference() {
        let reading = totals(15, errors: 3, cursor: 2).reading(since: totals(10, errors: 1))
        #expect(reading.cursor == 2)
        #expect(reading.deployments["blue"] == .init(requests: 5, errors: 2, latencies: [5, 0]))
        #expect(reading.mirrored["blue"]?.pairs == 5)
    }

    @Test("a deployment that came in the place of another of its name counts anew, and both are told")
    func incarnations() {
        var later = totals(15)
        later.deployments["b"] = .init(name: "BLUE", live: .init(requests: 2, latencies: [0, 2]))
        let reading = later.reading(since: totals(10))
        #expect(reading.deployments["blue"]?.requests == 7)
        #expect(reading.deployments["blue"]?.latencies == [5, 2])
    }

    @Test("of a deployment that was deleted nothing is left for another of its name")
    func deleted() {
        var later = totals(15)
        later.deployments["b"] = .init(name: "blue", live: .init(requests: 2, latencies: [0, 2]))
        let reading = later.only(["b"]).reading(since: EndpointTotals())
        #expect(reading.deployments["blue"]?.requests == 2)
    }

    @Test("a reading across a restart of the emulator says so")
    func restarted() {
        var later = totals(15, cursor: 2)
        #expect(later.reading(since: totals(10)).continuity == .whole)
        later.generation += 1
        #expect(later.reading(since: totals(10)).continuity == .restarted)
    }

    @Test("what a kill has lost is not told as a negative count")
    func lost() {
        #expect(totals(5).reading(since: totals(10)).deployments["blue"]?.requests == 0)
    }

    @Test("are kept in JSON, also those of an earlier Turnout with its fifteen bins")
    func coding() throws {
        var kept = EndpointTotals(cursor: 7, generation: 2)
        var counts = OutcomeReading.Counts(requests: 3, errors: 1)
        counts.latencies[OutcomeReading.latencyBin(ofMilliseconds: 40)] = 3
        kept.deployments["a"] = .init(name: "blue", live: counts)
        let data = try JSONEncoder().encode(kept)
        #expect(data.count < 250)
        #expect(try JSONDecoder().decode(EndpointTotals.self, from: data) == kept)
        let earlier = """
            {"cursor": 7, "deployments": {"a": {"name": "blue", "live": {"requests": 6, "errors": 0,
            "latencies": [1,2,0,0,0,0,0,0,0,0,0,0,0,0,3]},
            "mirrored": {"pairs": 0, "only_live_failed": 0, "only_mirror_failed": 0, "disagreed": 0}}}}
            """
        let read = try JSONDecoder().decode(EndpointTotals.self, from: Data(earlier.utf8))
        let live = try #require(read.deployments["a"]?.live)
        #expect(live.latencyBound(of: 0.1) == 5 && live.latencyBound(of: 0.5) == 10 && live.latencies.last == 3)
    }

    @Test("of deployments that are gone, the latest are remembered")
    func forget() {
        var totals = EndpointTotals()
        for number in 0..<200 { totals.deployments["i\(number)"] = .init(name: "blue") }
        totals.forget(except: ["i0"])
        #expect(totals.deployments.count == 65 && totals.deployments["i0"] != nil)
    }
}
