import KubernetesEndpoints
import RolloutEngine
import RolloutTesting
import Rollouts
import Testing

extension KubernetesSuite {
    /// P5, where Kubernetes has no precondition to keep it by.
    @Suite("Overtaken runners on a cluster") struct FencingTests {
        @Test("what an overtaken runner makes is taken away by itself", arguments: ["services", "deployments"])
        func creation(resource: String) async throws {
            try await ClusterFixture.withBench(proxied: true) { bench, fixture in
                try await bench.make(.putEndpoint(.sample))
                try await fixture.fault([
                    "verb": "patch", "path": .string("/\(resource)/houses-green"), "action": "delay", "seconds": 3,
                    "times": 1,
                ])
                let error = await #expect(throws: BackendError.self) {
                    async let late: Void = bench.backend.apply(
                        .putDeployment(.green), to: bench.endpoint, as: bench.context(epoch: 1))
                    try await eventually("the creation is under way") { try await fixture.faultsLeft() == [0] }
                    let later = try fixture.backend()
                    try await eventually("the later runner has made itself known") {
                        do {
                            try await later.apply(
                                .putEndpoint(.sample), to: bench.endpoint, as: bench.context(epoch: 2))
                            return true
                        } catch let error as BackendError where error.code != .refused {
                            return false
                        }
                    }
                    await later.close()
                    try await late
                }
                #expect(error?.code == .fenced, "\(error?.message ?? "")")
                try await eventually("nothing of it is left") {
                    try await fixture.kubectl("get", resource, "houses-green", "--ignore-not-found").isEmpty
                }
            }
        }
    }
}
