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

    @Test("what a kill has lost is not told as a negative count")
    func lost() {
        #expect(totals(5).reading(since: totals(10)).deployments["blue"]?.requests == 0)
    }

    @Test("of deployments that are gone, the latest are remembered")
    func forget() {
        var totals = EndpointTotals()
        for number in 0..<200 { totals.deployments["i\(number)"] = .init(name: "blue") }
        totals.forget(except: ["i0"])
        #expect(totals.deployments.count == 65 && totals.deployments["i0"] != nil)
    }
}
