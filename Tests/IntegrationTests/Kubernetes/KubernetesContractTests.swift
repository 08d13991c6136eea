import KubernetesEndpoints
import RolloutEngine
import RolloutTesting
import Rollouts
import Testing

extension KubernetesSuite {
    @Suite("Endpoints on a cluster") struct ContractTests {
        @Test("keep the contract of backends", arguments: BackendContract.clauses)
        func contract(_ clause: BackendContract.Clause) async throws {
            try await ClusterFixture.withBackend { backend in
                try await clause.check(
                    BackendBench(backend, clock: SystemClock(), step: .milliseconds(50), patience: .seconds(60)))
            }
        }
    }
}
