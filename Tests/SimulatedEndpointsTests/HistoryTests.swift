import RolloutEngine
import RolloutTesting
import Rollouts
import SimulatedEndpoints
import Testing

@Suite("History")
struct HistoryTests {
    @Test("every change that arrived is there, and whether it had an effect", arguments: StoreKind.allCases)
    func effects(_ kind: StoreKind) async throws {
        try await kind.withStore { store in
            let simulation = Simulation(store: store)
            let backend = simulation.backend
            func send(_ change: Change, _ key: String, epoch: Int = 2) {
                // Refusals are what is looked for in the history.
                do { try backend.apply(change, to: "houses", as: .sample(key, epoch: epoch)) } catch {}
            }
            send(.putDeployment(.blue), "a")
            send(.putEndpoint(.sample), "b")
            send(.putEndpoint(.sample), "b")
            send(.putDeployment(.blue), "c")
            simulation.clock.advance(by: .seconds(90))
            send(.putDeployment(.blue), "c")
            send(.putEndpoint(.sample), "d")
            send(.putDeployment(.green), "d")
            send(.putDeployment(.green), "e", epoch: 1)
            let history = try backend.history(of: "houses")
            let outcomes = history.map { entry in
                switch entry.outcome {
                case .accepted: "accepted"
                case .repeated: "repeated"
                case .refused: "refused"
                case .busy: "busy"
                case .fenced: "fenced"
                }
            }
            #expect(
                outcomes == ["refused", "accepted", "repeated", "busy", "accepted", "accepted", "refused", "fenced"])
            #expect(history.map(\.hadEffect) == [false, true, false, false, true, false, false, false])
            #expect(history.map(\.number) == Array(1...8))
            #expect(history[4].context == .sample("c", epoch: 2))
            #expect(history[4].at == .sample + .seconds(90))
            #expect(
                history[0].outcome
                    == .refused(
                        "there is no endpoint yet: define it before 'deploy blue with 1 instance'"))
            #expect(history[7].outcome == .fenced("epoch 1 of safe-rollout-1 has expired: epoch 2 was seen"))
        }
    }

    @Test("a definition of another endpoint is refused")
    func address() async throws {
        let simulation = Simulation()
        let context = simulation.bench.context()
        #expect(throws: BackendError(.refused, "the definition is for endpoint houses, but was sent to endpoint flats"))
        {
            try simulation.backend.apply(.putEndpoint(.sample), to: "flats", as: context)
        }
    }

    @Test("a key that had its effect has none again, whatever happened since")
    func once() async throws {
        let simulation = Simulation()
        try await simulation.bench.makeBlueLive()
        let context = simulation.bench.context()
        try simulation.backend.apply(.setTraffic(["green": 100]), to: "houses", as: context)
        try await simulation.bench.wait("green") { $0?.traffic.actual == ["green": 100] }
        try await simulation.bench.make(.setTraffic(["blue": 100]))
        try simulation.backend.apply(.setTraffic(["green": 100]), to: "houses", as: context)
        #expect(try simulation.snapshot().traffic == DesiredAndActual(["blue": 100]))
    }
}
