import KubernetesEndpoints
import RolloutEngine
import RolloutTesting
import Rollouts
import Testing

extension KubernetesSuite {
    /// Clusters and deployments that are not as the samples' are.
    @Suite("Other shapes on a cluster") struct ShapesTests {
        @Test("target_utilization is an autoscaler of the cluster's, which scaling and deleting heed")
        func autoscaler() async throws {
            try await ClusterFixture.withBench { bench, fixture in
                var definition = DeploymentDefinition.blue
                definition.document[path: ["scale_settings"]] = [
                    "type": "target_utilization", "min_instances": 1, "max_instances": 4,
                    "target_utilization_percentage": 60,
                ]
                try await bench.make(.putEndpoint(.sample))
                try await bench.make(.putDeployment(definition))
                func autoscaler() async throws -> String {
                    try await fixture.kubectl(
                        "get", "hpa", "houses-blue", "--ignore-not-found", "--output",
                        "jsonpath={.spec.minReplicas} {.spec.maxReplicas} {.spec.targetCPUUtilizationPercentage}")
                }
                #expect(try await autoscaler() == "1 4 60")
                try await bench.make(.scale("blue", instanceCount: 2))
                #expect(try await autoscaler() == "2 4 60")
                // What the autoscaler adds is its own to decide.
                try await fixture.kubectl("scale", "deployment/houses-blue", "--replicas=3")
                try await bench.wait("a third Pod") { $0?.deployment("blue")?.isReady == true }
                let seen = try await bench.backend.observe(bench.endpoint)?.deployment("blue")
                #expect(seen?.instances.wanted == 2)
                #expect(seen?.definition.document["kubernetes"] == nil)
                try await bench.make(.putDeployment(.green))
                try await bench.make(.deleteDeployment("blue"))
                #expect(try await autoscaler() == "")
            }
        }

        @Test("without a gateway's address, requests go by the API server's proxy, with the Role's right alone")
        func proxy() async throws {
            try await ClusterFixture.withBench({ $0.gateway?.address = nil }) { bench, fixture in
                try await bench.makeBlueLive()
                // Who may not read the Gateway does not know where it listens either.
                try await fixture.kubectl(
                    "patch", "role", "turnout", "--type=json", "--patch",
                    #"[{"op": "remove", "path": "/rules/4"}]"#)
                let fresh = try fixture.backend { $0.gateway?.address = nil }
                try await eventually("the right is gone") {
                    try await fresh.scoringURI(of: bench.endpoint) == nil
                }
                for name: Name in ["blue", "green"] {
                    let answer = try await fresh.invoke(bench.endpoint, deployment: name, .sample)
                    #expect(answer.status == 200 && answer.deployment == name)
                }
                await fresh.close()
                let proxied = try await fixture.audited().filter { $0.uri.contains("/proxy/") }
                #expect(proxied.count == 2 && proxied.allSatisfy { $0.verb == "create" }, "\(proxied)")
            }
        }

        @Test("an endpoint with a hostname is called by it, and by no other")
        func hostnames() async throws {
            try await ClusterFixture.withBench({ $0.gateway?.hostnames = ["houses.example.com"] }) { bench, fixture in
                try await bench.makeBlueLive()
                #expect(try await bench.backend.invoke(bench.endpoint, deployment: nil, .sample).status == 200)
                #expect(try await bench.backend.invoke(bench.endpoint, deployment: "green", .sample).status == 200)
                let tally = try await LiveClients.during(fixture.place.gateway, rate: 10) { _ in
                    try await Task.sleep(for: .seconds(1))
                }
                #expect(tally.answered.isEmpty)
            }
        }
    }
}
