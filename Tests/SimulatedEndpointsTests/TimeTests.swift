import RolloutEngine
import RolloutTesting
import Rollouts
import SimulatedEndpoints
import Testing

@Suite("What takes virtual time")
struct TimeTests {
    @Test("instances become ready one after the other")
    func gradually() async throws {
        let simulation = Simulation()
        try await simulation.bench.make(.putEndpoint(.sample))
        try simulation.backend.apply(
            .putDeployment(.sample("green", instances: 4)), to: "houses", as: simulation.bench.context())
        var ready: [Int] = []
        for _ in 0..<9 {
            ready.append(try simulation.green().instances.ready)
            simulation.clock.advance(by: .seconds(75))
        }
        #expect(ready == [0, 0, 0, 0, 0, 1, 2, 3, 4])
        #expect(try simulation.green().state == .succeeded)
    }

    @Test(
        "a change is so after its duration, and not a millisecond earlier",
        arguments: [
            (.scale("blue", instanceCount: 3), 120_000), (.setTraffic(["green": 100]), 30_000),
            (.setMirrorTraffic(["green": 10]), 30_000), (.deleteDeployment("green"), 60_000),
            (.putEndpoint(EndpointDefinition(name: "houses", authMode: "aml_token")), 90_000),
            (.putDeployment(.sample("gray")), 600_000),
        ] as [(Change, Int64)])
    func durations(_ change: Change, _ milliseconds: Int64) async throws {
        let simulation = Simulation()
        try await simulation.bench.makeBlueLive()
        try simulation.backend.apply(change, to: "houses", as: simulation.bench.context())
        simulation.clock.advance(by: .milliseconds(milliseconds - 1))
        #expect(change.isDone(in: try simulation.snapshot()) == false)
        simulation.clock.advance(by: .milliseconds(1))
        #expect(change.isDone(in: try simulation.snapshot()))
    }

    @Test("a deployment whose traffic went to 0 drains for 5 seconds")
    func drain() async throws {
        let simulation = Simulation()
        try await simulation.bench.makeBlueLive()
        try simulation.backend.apply(.setTraffic(["green": 100]), to: "houses", as: simulation.bench.context())
        simulation.clock.advance(by: .seconds(30))
        #expect(try simulation.snapshot().deployment("blue")?.inFlight == 1)
        simulation.clock.advance(by: .milliseconds(4999))
        #expect(try simulation.snapshot().deployment("blue")?.inFlight == 1)
        simulation.clock.advance(by: .milliseconds(1))
        #expect(try simulation.snapshot().deployment("blue")?.inFlight == 0)
    }

    @Test("a clock that goes backwards does not turn the endpoint back")
    func backwards() async throws {
        let simulation = Simulation()
        try await simulation.bench.makeBlueLive()
        let before = try simulation.snapshot()
        simulation.clock.set(.sample + .hours(-1000))
        #expect(try simulation.snapshot() == before)
        try simulation.backend.apply(.setTraffic(.none), to: "houses", as: simulation.bench.context())
        let times = try simulation.backend.history(of: "houses").map(\.at)
        #expect(times == times.sorted())
    }

    @Test("new settings begin a new time of refusals")
    func refusals() async throws {
        let store = MemoryStore()
        for (round, minutes) in [Int64(2), 3].enumerated() {
            let green = DeploymentProfile(fault: .refuseUpdating, faultAfter: .minutes(minutes))
            let simulation = Simulation(
                SimulationSettings(profiles: ["green": green]), store: store,
                at: .sample + Interval.hours(Int64(round)))
            try simulation.backend.apply(.putEndpoint(.sample), to: "houses", as: .sample("define-\(round)"))
            simulation.clock.advance(by: .minutes(2))
            let change = Change.putDeployment(.sample("green", instances: round + 1))
            #expect(throws: BackendError.self) {
                try simulation.backend.apply(change, to: "houses", as: .sample("deploy-\(round)"))
            }
            simulation.clock.advance(by: .minutes(minutes))
            try simulation.backend.apply(change, to: "houses", as: .sample("deploy-\(round)"))
        }
    }

    @Test("logs keep the last 1000 lines", arguments: StoreKind.allCases)
    func logs(_ kind: StoreKind) async throws {
        try await kind.withStore { store in
            let simulation = Simulation(store: store)
            try await simulation.bench.makeBlueLive()
            for _ in 0..<1005 {
                _ = try simulation.backend.invoke("houses", deployment: "green", .sample)
            }
            let lines = try simulation.backend.logs(of: "houses", deployment: "green", tail: 5000)
            #expect(lines.count == 1000)
            #expect(lines.allSatisfy { $0.text.hasPrefix("POST /score 200") && $0.instance == "instance-0" })
        }
    }

    @Test("cursors can be read from for the next 1024 readings", arguments: StoreKind.allCases)
    func cursors(_ kind: StoreKind) async throws {
        try await kind.withStore { store in
            let simulation = Simulation(store: store)
            // Kept before anything was asked of it, and read again below.
            try simulation.backend.setLoad(Load(rate: 1, request: .sample), endpoint: "houses")
            try await simulation.bench.makeBlueLive()
            simulation.clock.advance(by: .seconds(1))
            let first = try simulation.backend.outcomes(of: "houses", since: nil)
            for _ in 0..<1023 {
                simulation.clock.advance(by: .seconds(1))
                _ = try simulation.backend.outcomes(of: "houses", since: nil)
            }
            let since = try simulation.backend.outcomes(of: "houses", since: first.cursor)
            #expect(since.deployments["blue"]?.requests == 1023)
            simulation.clock.advance(by: .seconds(1))
            _ = try simulation.backend.outcomes(of: "houses", since: nil)
            let late = try simulation.backend.outcomes(of: "houses", since: first.cursor)
            #expect(late == OutcomeReading(cursor: late.cursor, continuity: .lost))
            simulation.clock.advance(by: .seconds(1))
            let next = try simulation.backend.outcomes(of: "houses", since: late.cursor)
            #expect(next.continuity == .whole)
            #expect(next.deployments["blue"]?.requests == 1)
        }
    }
}
