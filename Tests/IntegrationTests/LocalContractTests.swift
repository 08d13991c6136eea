import RolloutEngine
import RolloutTesting
import Rollouts
import Testing

@Suite("Local endpoints over the REST API", .integration, .serialized, .timeLimit(.minutes(3)))
struct LocalContractTests {
    @Test("keep the contract of backends", arguments: BackendContract.clauses)
    func contract(_ clause: BackendContract.Clause) async throws {
        try await LocalBackendFixture.with { backend in
            try await clause.check(
                BackendBench(
                    backend, clock: SystemClock(), step: .milliseconds(20), patience: .seconds(20)))
        }
    }
}
