import KubernetesEndpoints
import RolloutEngine
import RolloutTesting
import Rollouts
import Testing

extension KubernetesSuite {
    /// What belongs to others stays theirs.
    @Suite("Others' objects and fields") struct OwnershipTests {
        private func refusal(_ bench: BackendBench, _ change: Change) async -> String {
            let error = await #expect(throws: BackendError.self) {
                try await bench.backend.apply(change, to: bench.endpoint, as: bench.context())
            }
            #expect(error?.code == .refused)
            return error?.message ?? ""
        }

        @Test("objects of the names that Turnout needs are not taken over")
        func foreign() async throws {
            try await ClusterFixture.withBench { bench, fixture in
                try await bench.make(.putEndpoint(.sample))
                try await fixture.kubectl("create", "service", "clusterip", "houses-blue", "--tcp=80:80")
                let message = await refusal(bench, .putDeployment(.blue))
                #expect(message.contains("Service houses-blue already exists"), "\(message)")
            }
        }

        @Test("a field that another manager applies is refused, with who manages which")
        func conflict() async throws {
            try await ClusterFixture.withBench { bench, fixture in
                try await bench.makeBlueLive()
                try await fixture.kubectl(
                    "apply", "--server-side", "--force-conflicts", "--validate=false", "--field-manager=argocd",
                    input: """
                        apiVersion: apps/v1
                        kind: Deployment
                        metadata: {name: houses-blue}
                        spec: {replicas: 1}
                        """)
                let message = await refusal(bench, .scale("blue", instanceCount: 3))
                #expect(message.contains("'argocd' manages .spec.replicas"), "\(message)")
            }
        }

        @Test("of a route that the user owns, the weights of the named rule change and nothing else")
        func usersRoute() async throws {
            try await ClusterFixture.withBench({ $0.route = .init(name: "shop", rule: .index(1)) }) { bench, fixture in
                try await fixture.kubectl(
                    "apply",
                    input: """
                        apiVersion: gateway.networking.k8s.io/v1
                        kind: HTTPRoute
                        metadata: {name: shop}
                        spec:
                          parentRefs: [{name: \(fixture.place.gatewayName)}]
                          rules:
                            - matches: [{path: {type: PathPrefix, value: /other}}]
                              backendRefs: [{name: houses-blue, port: 80}]
                            - backendRefs:
                                - {name: houses-blue, port: 80, weight: 1}
                                - {name: houses-green, port: 80, weight: 0}
                        """)
                try await bench.make(.putEndpoint(.sample))
                try await bench.make(.putDeployment(.blue))
                try await bench.make(.putDeployment(.green))
                try await bench.wait("blue to have all traffic") { $0?.traffic == DesiredAndActual(["blue": 100]) }
                let before = try await fixture.kubectl(
                    "get", "httproute", "shop", "--output", "jsonpath={.spec.rules[0]}")
                try await bench.make(.setTraffic(["blue": 90, "green": 10]))
                func weights() async throws -> String {
                    try await fixture.kubectl(
                        "get", "httproute", "shop", "--output", "jsonpath={.spec.rules[1].backendRefs[*].weight}")
                }
                #expect(try await weights() == "90 10")
                #expect(
                    try await fixture.kubectl("get", "httproute", "shop", "--output", "jsonpath={.spec.rules[0]}")
                        == before)
                for name: Name in ["blue", "green"] {
                    #expect(try await bench.backend.invoke(bench.endpoint, deployment: name, .sample).status == 200)
                }
                try await bench.make(.putDeployment(.sample("red")))
                let message = await refusal(bench, .setTraffic(["red": 100]))
                #expect(message.contains("name: houses-red, port: 80, weight: 0"), "\(message)")
                try await bench.make(.setTraffic(["green": 100]))
                try await bench.make(.deleteDeployment("blue"))
                #expect(try await weights() == "0 100")
                #expect(try await bench.backend.invoke(bench.endpoint, deployment: nil, .sample).status == 200)
            }
        }
    }
}
