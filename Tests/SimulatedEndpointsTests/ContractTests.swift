import RolloutTesting
import Rollouts
import SimulatedEndpoints
import Testing

@Suite("Simulated backends keep the contract")
struct ContractTests {
    @Test("of managed endpoints", arguments: StoreKind.allCases, BackendContract.clauses)
    func managed(_ kind: StoreKind, _ clause: BackendContract.Clause) async throws {
        try await kind.withStore { try await clause.check(Simulation(store: $0).bench) }
    }

    @Test("of Kubernetes endpoints", arguments: StoreKind.allCases, BackendContract.clauses)
    func kubernetes(_ kind: StoreKind, _ clause: BackendContract.Clause) async throws {
        try await kind.withStore { store in
            try await clause.check(Simulation(SimulationSettings(kind: .kubernetes), store: store).bench)
        }
    }
}
