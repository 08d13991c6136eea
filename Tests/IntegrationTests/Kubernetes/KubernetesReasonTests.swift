import KubernetesEndpoints
import RolloutEngine
import RolloutTesting
import Rollouts
import Testing

extension KubernetesSuite {
    /// Whoever refuses a Pod is told in their words.
    @Suite("Reasons on a cluster") struct ReasonTests {
        private func expectGreenFails(
            _ bench: BackendBench, _ words: String, of definition: DeploymentDefinition = .green, isFinal: Bool = true,
            sourceLocation: SourceLocation = #_sourceLocation
        ) async throws {
            try await bench.backend.apply(.putDeployment(definition), to: bench.endpoint, as: bench.context())
            var last: DeploymentSnapshot?
            try await bench.wait("green to tell \(words)", sourceLocation: sourceLocation) { snapshot in
                last = snapshot?.deployment("green")
                return (last?.state == .failed || !isFinal) && last?.reason?.contains(words) == true
            }
            #expect(last?.reason?.contains(words) == true, "\(last?.reason ?? "none")", sourceLocation: sourceLocation)
        }

        @Test("a quota; when there is room, the deployment is tried again")
        func quota() async throws {
            try await ClusterFixture.withBench { bench, fixture in
                try await bench.make(.putEndpoint(.sample))
                try await bench.make(.putDeployment(.blue))
                try await fixture.kubectl("create", "quota", "few", "--hard=pods=1")
                try await expectGreenFails(bench, "exceeded quota: few")
                try await fixture.kubectl("delete", "quota", "few")
                do throws(BackendError) {
                    try await bench.backend.apply(.putDeployment(.green), to: bench.endpoint, as: bench.context())
                } catch {
                    // Else the cluster has tried again by itself already.
                    guard case .busy = error.code else { throw error }
                }
                var hasFailed = false
                try await bench.wait("green to be ready") { snapshot in
                    let green = snapshot?.deployment("green")
                    if green?.state == .failed { hasFailed = true }
                    return green?.isReady == true
                }
                #expect(!hasFailed)
            }
        }

        @Test("a webhook that refuses Pods")
        func pods() async throws {
            try await ClusterFixture.withBench { bench, fixture in
                try await bench.make(.putEndpoint(.sample))
                try await fixture.deny("pods", "images must be signed")
                try await expectGreenFails(bench, "images must be signed")
            }
        }

        @Test("a limit that Pods are beyond")
        func limits() async throws {
            try await ClusterFixture.withBench { bench, fixture in
                try await bench.make(.putEndpoint(.sample))
                try await fixture.kubectl(
                    "apply",
                    input: """
                        apiVersion: v1
                        kind: LimitRange
                        metadata: {name: small}
                        spec: {limits: [{type: Container, max: {memory: 64Mi}}]}
                        """)
                var green = DeploymentDefinition.green
                green.document[path: ["resources"]] = ["limits": ["memory": "1Gi"], "requests": ["memory": "1Gi"]]
                try await expectGreenFails(bench, "maximum memory usage per Container is 64Mi", of: green)
            }
        }

        @Test("a webhook that refuses a Deployment refuses the change")
        func deployments() async throws {
            try await ClusterFixture.withBench { bench, fixture in
                try await bench.make(.putEndpoint(.sample))
                try await fixture.deny("deployments", group: "apps", "nobody deploys on Fridays")
                let error = await #expect(throws: BackendError.self) {
                    try await bench.backend.apply(.putDeployment(.green), to: bench.endpoint, as: bench.context())
                }
                #expect(error?.code == .refused)
                #expect(error?.message.contains("nobody deploys on Fridays") == true, "\(error?.message ?? "")")
            }
        }

        @Test("a Secret that is missing, as its node tells")
        func mount() async throws {
            try await ClusterFixture.withBench { bench, fixture in
                try await bench.make(.putEndpoint(.sample))
                try await fixture.mutate(
                    "pods",
                    [
                        [
                            "op": "add", "path": "/spec/volumes/-",
                            "value": ["name": "key", "secret": ["secretName": "absent"]],
                        ]
                    ])
                try await expectGreenFails(bench, "FailedMount: MountVolume.SetUp failed for volume \"key\"")
            }
        }

        @Test(
            "an image that is missing, in the registry's words, and a probe that fails, in the server's",
            arguments: [("missing", "failed to resolve reference", true), ("never-ready", "statuscode: 503", false)])
        func containers(image: String, words: String, isFinal: Bool) async throws {
            try await ClusterFixture.withBench({ $0.images["green"] = "registry.local/\(image):1" }) { bench, _ in
                try await bench.make(.putEndpoint(.sample))
                try await expectGreenFails(bench, words, isFinal: isFinal)
            }
        }

        @Test("a deployment that has failed is started anew by the next change, and not before")
        func again() async throws {
            try await ClusterFixture.withBench({ $0.images["green"] = "registry.local/missing:1" }) { bench, fixture in
                try await bench.make(.putEndpoint(.sample))
                try await expectGreenFails(bench, "ImagePullBackOff")
                func template() async throws -> String {
                    try await fixture.kubectl(
                        "get", "deployment", "houses-green", "--output",
                        "jsonpath={.spec.template.metadata.labels.turnout\\.dev/template}")
                }
                let failed = try await template()
                let context = bench.context()
                try await bench.backend.apply(.putDeployment(.green), to: bench.endpoint, as: context)
                let again = try await template()
                #expect(again != failed && again.hasPrefix(failed))
                try await bench.backend.apply(.putDeployment(.green), to: bench.endpoint, as: context)
                #expect(try await template() == again)
                try await fixture.podFault(nil, deployment: "green")
                try await bench.wait("green to be ready") { $0?.deployment("green")?.isReady == true }
                try await bench.backend.apply(.putDeployment(.green), to: bench.endpoint, as: bench.context())
                #expect(try await template() == again)
            }
        }
    }
}
