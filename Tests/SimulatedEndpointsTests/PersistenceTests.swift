import FoundationEssentials
import RolloutEngine
import RolloutTesting
import Rollouts
import SimulatedEndpoints
import Synchronization
import Testing

@Suite("Simulated endpoints outlive the process")
struct PersistenceTests {
    @Test("state, history, logs, outcomes and time are there after reopening")
    func reopen() async throws {
        try await withFolder { folder in
            let first = try SQLiteStore(folder: folder, wall: { .sample })
            let before = Simulation(store: first)
            try await before.bench.makeBlueLive()
            try before.backend.setLoad(Load(rate: 10, request: .sample), endpoint: "houses")
            before.clock.advance(by: .minutes(1))
            let reading = try before.backend.outcomes(of: "houses", since: nil)
            let history = try before.backend.history(of: "houses")
            let logs = try before.backend.logs(of: "houses", deployment: "blue", tail: 100)
            let snapshot = try before.snapshot()
            before.clock.advance(by: .minutes(1))
            try before.backend.close()
            try first.close()

            let second = try SQLiteStore(folder: folder, wall: { .sample })
            #expect(try second.time() == before.clock.now())
            let later = try SQLiteStore(folder: folder, readOnly: true, wall: { .sample + .hours(2) })
            #expect(try later.time() == before.clock.now() + .hours(2), "the world goes on while nobody looks")
            let after = Simulation(store: second, at: before.clock.now())
            #expect(try after.snapshot() == snapshot)
            #expect(try after.backend.history(of: "houses") == history)
            #expect(try after.backend.logs(of: "houses", deployment: "blue", tail: 100) == logs)
            #expect(try after.backend.endpoints() == ["houses"])
            let next = try after.backend.outcomes(of: "houses", since: reading.cursor)
            #expect(next.deployments["blue"]?.requests == 600)
            #expect(throws: BackendError.self) {
                try after.backend.apply(.setTraffic(.none), to: "houses", as: .sample("late", epoch: 0))
            }
        }
    }

    @Test("clients that came before the endpoint are there after reopening")
    func early() async throws {
        try await withFolder { folder in
            let load = Load(rate: 10, request: .sample)
            try Simulation(store: try SQLiteStore(folder: folder)).backend.setLoad(load, endpoint: "houses")
            let later = Simulation(store: try SQLiteStore(folder: folder))
            #expect(try later.backend.observe("houses") == nil)
            #expect(try later.backend.endpoints().isEmpty)
            try await later.bench.makeBlueLive()
            later.clock.advance(by: .seconds(1))
            #expect(try later.backend.outcomes(of: "houses", since: nil).deployments["blue"]?.requests == 10)
        }
    }

    @Test("what changes with time goes on after reopening, and an earlier Turnout's state is read")
    func troubles() async throws {
        try await withFolder { folder in
            var green = DeploymentProfile(disagrees: 0.5)
            green.leak = Leak(period: .minutes(10), trouble: Trouble(errors: 0.1))
            let settings = SimulationSettings(
                profiles: ["green": green],
                incidents: [Incident(begin: .minutes(90), length: .hours(9), trouble: Trouble(errors: 1))],
                users: Users(count: 10))
            let first = try SQLiteStore(folder: folder, wall: { .sample })
            let before = Simulation(settings, store: first)
            try await before.bench.makeBlueLive()
            try await before.bench.make(.setTraffic(["green": 100]))
            try before.backend.setLoad(Load(rate: 100, request: .sample), endpoint: "houses")
            before.clock.advance(by: .minutes(60))
            let cursor = try before.backend.outcomes(of: "houses", since: nil).cursor
            try before.backend.close()
            try first.close()
            let after = Simulation(store: try SQLiteStore(folder: folder, wall: { .sample }), at: before.clock.now())
            after.clock.advance(by: .minutes(1))
            let leaked = try #require(try after.backend.outcomes(of: "houses", since: cursor).deployments["green"])
            #expect((0.55...0.8).contains(Double(leaked.errors) / Double(leaked.requests)))
            after.clock.advance(by: .minutes(40))
            let next = try after.backend.outcomes(of: "houses", since: nil).cursor
            after.clock.advance(by: .minutes(1))
            let hit = try #require(try after.backend.outcomes(of: "houses", since: next).deployments["green"])
            #expect(hit.errors == hit.requests)
        }
        let earlier = #"{"latency":{"p50":40,"p99":200},"errors":0.01}"#
        #expect(throws: Never.self) {
            try JSONDecoder().decode(DeploymentProfile.self, from: Data(earlier.utf8))
        }
    }

    @Test("what one process changes another one sees at once")
    func twoProcesses() async throws {
        try await withFolder { folder in
            let one = Simulation(store: try SQLiteStore(folder: folder))
            let other = Simulation(store: try SQLiteStore(folder: folder))
            try await one.bench.makeBlueLive()
            #expect(try other.snapshot().traffic == DesiredAndActual(["blue": 100]))
            try one.backend.apply(.setTraffic(["green": 100]), to: "houses", as: one.bench.context())
            // The other's clock is far behind; the endpoint's time does not go back.
            #expect(try other.snapshot().traffic == DesiredAndActual(wanted: ["green": 100], actual: ["blue": 100]))
            one.clock.advance(by: .seconds(30))
            #expect(try one.snapshot().traffic == DesiredAndActual(["green": 100]))
            #expect(try other.snapshot().traffic == DesiredAndActual(["green": 100]))
        }
    }

    @Test("managed and Kubernetes endpoints of one name are two")
    func worlds() async throws {
        let store = MemoryStore()
        try await Simulation(store: store).bench.makeBlueLive()
        let kubernetes = Simulation(SimulationSettings(kind: .kubernetes), store: store)
        #expect(try kubernetes.backend.observe("houses") == nil)
        #expect(try kubernetes.backend.endpoints().isEmpty)
    }

    @Test("a store that cannot be written is a storage error, and memory is not ahead of it")
    func unwritable() async throws {
        try await withFolder { folder in
            let store = try SQLiteStore(folder: folder)
            let simulation = Simulation(store: store)
            try await simulation.bench.makeBlueLive()
            let before = try simulation.snapshot()
            try store.close()
            let error = #expect(throws: BackendError.self) {
                try simulation.backend.apply(.setTraffic(.none), to: "houses", as: simulation.bench.context())
            }
            #expect(error?.code == .storage)
            let again = Simulation(store: try SQLiteStore(folder: folder), at: simulation.clock.now())
            #expect(try again.snapshot() == before)
        }
        let error = #expect(throws: BackendError.self) { try SQLiteStore(folder: "/dev/null/state") }
        #expect(error?.code == .storage)
    }

    @Test("a failing write leaves the state as it was and is not answered from memory")
    func faultyStore() async throws {
        let store = FaultyStore()
        let simulation = Simulation(store: store)
        try await simulation.bench.makeBlueLive()
        let before = try simulation.snapshot()
        store.fails.withLock { $0 = true }
        let context = simulation.bench.context()
        #expect(throws: BackendError(.storage, "no space")) {
            try simulation.backend.apply(.setTraffic(.none), to: "houses", as: context)
        }
        store.fails.withLock { $0 = false }
        #expect(try simulation.snapshot() == before)
        try simulation.backend.apply(.setTraffic(.none), to: "houses", as: context)
        #expect(try simulation.backend.history(of: "houses").last?.hadEffect == true)
    }
}
