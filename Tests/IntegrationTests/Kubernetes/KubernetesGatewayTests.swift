import KubernetesEndpoints
import RolloutEngine
import RolloutTesting
import Rollouts
import Testing

extension KubernetesSuite {
    /// What a gateway does not do for an endpoint, and what routes do to each other.
    @Suite("Gateways and routes on a cluster") struct GatewayTests {
        @Test("a Gateway that does not exist is told and given up; the right one mends it, and it can be deleted")
        func missing() async throws {
            try await ClusterFixture.withBench({ $0.gateway?.name = "edgy" }) { bench, fixture in
                try await bench.backend.apply(.putEndpoint(.sample), to: bench.endpoint, as: bench.context())
                var last: EndpointSnapshot?
                try await bench.wait("the endpoint to be given up") {
                    last = $0
                    return $0?.state == .failed
                }
                #expect(
                    last?.reason?.contains("there is no Gateway \(fixture.namespace)/edgy") == true,
                    "\(last?.reason ?? "")")
                let right = try fixture.backend()
                try await right.apply(.putEndpoint(.sample), to: bench.endpoint, as: bench.context())
                try await bench.wait("the endpoint to be taken") { $0?.state == .succeeded }
                try await bench.backend.apply(.putEndpoint(.sample), to: bench.endpoint, as: bench.context())
                try await bench.backend.apply(.deleteEndpoint, to: bench.endpoint, as: bench.context())
                try await bench.wait("the endpoint to be gone") { $0 == nil }
                await right.close()
            }
        }

        @Test("a second endpoint without a hostname is refused, and a route that takes the answers is found out")
        func rivals() async throws {
            try await ClusterFixture.withBench { bench, fixture in
                try await bench.makeBlueLive()
                let error = await #expect(throws: BackendError.self) {
                    try await bench.backend.apply(
                        .putEndpoint(EndpointDefinition(name: "flats")), to: "flats", as: bench.context())
                }
                #expect(error?.code == .refused)
                #expect(error?.message.contains("HTTPRoute \(fixture.namespace)/houses also uses gateway") == true)
                #expect(error?.message.contains("hostnames") == true)
                #expect(try await bench.backend.invoke(bench.endpoint, deployment: "green", .sample).status == 200)
                // The path of predictions is longer than the endpoint's, so that this one goes before it.
                try await fixture.kubectl(
                    "apply",
                    input: """
                        apiVersion: gateway.networking.k8s.io/v1
                        kind: HTTPRoute
                        metadata: {name: thief}
                        spec:
                          parentRefs: [{name: \(fixture.place.gatewayName)}]
                          rules:
                            - matches: [{path: {type: PathPrefix, value: /score}}]
                              backendRefs: [{name: houses-blue, port: 80}]
                        """)
                try await eventually("another route answers") {
                    do {
                        _ = try await bench.backend.invoke(bench.endpoint, deployment: "green", .sample)
                        return false
                    } catch let error as BackendError {
                        #expect(error.message.contains("answered by another route"), "\(error.message)")
                        return true
                    }
                }
            }
        }

        @Test("a route that was deleted comes back with a rule for each deployment that is there")
        func deleted() async throws {
            try await ClusterFixture.withBench { bench, fixture in
                try await bench.makeBlueLive()
                try await fixture.kubectl("delete", "httproute", "houses")
                try await bench.wait("the endpoint to be gone") { $0 == nil }
                try await bench.backend.apply(.putEndpoint(.sample), to: bench.endpoint, as: bench.context())
                try await bench.wait("both to be reachable") {
                    $0?.deployment("blue")?.isReady == true && $0?.deployment("green")?.isReady == true
                }
                try await bench.make(.setTraffic(["blue": 100]))
                #expect(try await bench.backend.invoke(bench.endpoint, deployment: nil, .sample).status == 200)
            }
        }
    }
}
