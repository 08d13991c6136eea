import Foundation
import KubernetesEndpoints
import Rollouts
import Testing

extension KubernetesSuite {
    /// The stock playbook by the command line, as the service account with the sample Role.
    @Suite("Rollouts on a cluster") struct RolloutTests {
        /// Runs in a home of its own against a namespace of its own.
        private func with(_ body: (TurnoutHome, ClusterFixture) async throws -> Void) async throws {
            try await ClusterFixture.with { fixture in
                try await TurnoutHome.with(backend: "kubernetes") { home in
                    var home = home
                    home.variables = ["KUBECONFIG": fixture.place.kubeconfig]
                    try home.write(
                        try home.read("Playbooks/kubernetes-rollout.yml").replacingOccurrences(
                            of: "  kubernetes:\n",
                            with: "  kubernetes:\n    give_up: {after: 3s, unschedulable: 3s, restarts: 2}\n"),
                        to: "Playbooks/kubernetes-rollout.yml")
                    try await body(home, fixture)
                }
            }
        }

        private func words(_ fixture: ClusterFixture, _ more: String...) -> [String] {
            [
                "run", "kubernetes-rollout", "--input", "namespace=\(fixture.namespace)", "--input",
                "gateway=\(fixture.place.gatewayName)", "--input", "gateway_address=\(fixture.place.gateway)",
                "--input",
                "canary_for=1s", "--input", "settle_for=1s",
            ] + more
        }

        @Test("end to end: seven stages done, the mirror skipped with its reason, and blue gone")
        func wholeRun() async throws {
            try await with { home, fixture in
                let ended = try home.run(words(fixture, "--approve", "all"))
                #expect(ended.status == 0, "\(ended.output)\(ended.errors)")
                let status = try home.status("kubernetes-rollout-1")
                #expect(status.status == "succeeded")
                #expect(status.stages.filter { $0.status == "succeeded" }.count == 7)
                #expect(status.stages[4].reason == "kubernetes does not mirror traffic")
                #expect(status.traffic == .init(wanted: ["green": 100], actual: ["green": 100]))
                let deployments = try await fixture.kubectl("get", "deployments,services", "--output", "name")
                #expect(deployments.contains("deployment.apps/my-endpoint-green"))
                #expect(!deployments.contains("my-endpoint-blue"))
                let weights = try await fixture.kubectl(
                    "get", "httproute", "my-endpoint", "--output", "jsonpath={.spec.rules[-1:].backendRefs[*].weight}")
                #expect(weights == "100")
                let maps = try await fixture.kubectl("get", "configmaps", "--output", "name")
                #expect(maps.components(separatedBy: "my-endpoint-green-code").count == 2)
                #expect(!maps.contains("my-endpoint-blue-code"))
            }
        }

        @Test("a second run leaves green's objects as they are while it brings blue back")
        func again() async throws {
            try await with { home, fixture in
                #expect(try home.run(words(fixture, "--approve", "all")).status == 0)
                /// Their resourceVersions, which any write of anything of them would change.
                func green() async throws -> [String] {
                    try await fixture.kubectl(
                        "get", "deployments,services,configmaps", "--selector",
                        "app.kubernetes.io/instance=my-endpoint-green", "--output",
                        "jsonpath={range .items[*]}{.kind} {.metadata.name} {.metadata.resourceVersion}{'\\n'}{end}"
                    ).split(separator: "\n").map(String.init)
                }
                let before = try await green()
                #expect(before.count == 3, "\(before)")
                let ended = try home.run(words(fixture, "--approve", "all"))
                #expect(ended.status == 0, "\(ended.output)\(ended.errors)")
                #expect(try await green() == before)
            }
        }

        @Test("what a webhook puts into Deployments is no drift, and stays")
        func injected() async throws {
            try await with { home, fixture in
                try await fixture.inject(
                    "deployments", group: "apps",
                    [
                        "metadata": ["labels": ["injected": "yes"], "annotations": ["injected": "yes"]],
                        "spec": [
                            "template": [
                                "metadata": ["labels": ["injected": "yes"], "annotations": ["injected": "yes"]],
                                "spec": [
                                    "containers": [
                                        ["name": "proxy", "image": "proxy:1"],
                                        [
                                            "name": "inference-server", "env": [["name": "PROXY", "value": "on"]],
                                            "volumeMounts": [["name": "certificates", "mountPath": "/certificates"]],
                                        ],
                                    ],
                                    "volumes": [["name": "certificates", "emptyDir": [:]]],
                                    "tolerations": [["key": "spot", "operator": "Exists"]],
                                ],
                            ]
                        ],
                    ])
                let ended = try home.run(words(fixture, "--approve", "all"))
                #expect(ended.status == 0, "\(ended.output)\(ended.errors)")
                let containers = try await fixture.kubectl(
                    "get", "deployment", "my-endpoint-green", "--output",
                    "jsonpath={.metadata.generation} {.spec.template.spec.containers[*].name}")
                #expect(containers == "1 inference-server proxy")
            }
        }

        @Test("green's Service deleted in the canary: all clients are led back to blue")
        func serviceDeleted() async throws {
            try await with { home, fixture in
                let run = try home.start(
                    words(fixture, "--approve", "all").map { $0 == "canary_for=1s" ? "canary_for=30s" : $0 })
                try await eventually("the canary rests") {
                    try String(contentsOfFile: run.output, encoding: .utf8).contains("canary        bakes until")
                }
                try await fixture.kubectl("delete", "service", "my-endpoint-green")
                let ended = try await run.end()
                #expect(ended.status == 10, "\(ended.output)\(ended.errors)")
                #expect(ended.output.contains("its Service is missing"), "\(ended.output)")
                let weights = try await fixture.kubectl(
                    "get", "httproute", "my-endpoint", "--output", "jsonpath={.spec.rules[-1:].backendRefs[*].weight}")
                #expect(weights == "100 0", "\(weights)")
            }
        }

        @Test(
            "green that cannot start is rolled back with what its Pod says",
            arguments: [("crash", "CrashLoopBackOff"), ("missing", "ImagePullBackOff")])
        func faulty(image: String, reason: String) async throws {
            try await with { home, fixture in
                let file = "Playbooks/samples/kubernetes/green-deployment.yml"
                let deployment = try home.read(file)
                try home.write(
                    deployment.replacingOccurrences(
                        of: "mcr.microsoft.com/azureml/minimal-py312-inference:latest",
                        with: "registry.local/\(image):1"),
                    to: file)
                let ended = try home.run(words(fixture, "--approve", "all"))
                #expect(ended.status == 10, "\(ended.output)\(ended.errors)")
                #expect(ended.output.contains(reason), "\(ended.output)")
                #expect(try home.status("kubernetes-rollout-1").traffic.actual == ["blue": 100])
            }
        }

        @Test("green that finds no node is rolled back with the scheduler's words")
        func unschedulable() async throws {
            try await with { home, fixture in
                let file = "Playbooks/samples/kubernetes/green-deployment.yml"
                try home.write(
                    try home.read(file).replacingOccurrences(of: "cpu: \"1\"", with: "cpu: \"1000\"")
                        .replacingOccurrences(of: "cpu: \"0.1\"", with: "cpu: \"1000\""),
                    to: file)
                let ended = try home.run(words(fixture, "--approve", "all"))
                #expect(ended.status == 10, "\(ended.output)\(ended.errors)")
                #expect(ended.output.contains("Insufficient cpu"), "\(ended.output)")
            }
        }

        @Test("kubectl scale and edited weights hold the run, field by field, and are restored")
        func drift() async throws {
            try await with { home, fixture in
                #expect(try home.run(words(fixture)).status == 11)
                try await fixture.kubectl("scale", "deployment/my-endpoint-green", "--replicas=3")
                try await fixture.kubectl(
                    "patch", "httproute", "my-endpoint", "--type=json", "--field-manager=kubectl-edit", "--patch",
                    """
                    [{"op": "replace", "path": "/spec/rules/2/backendRefs/0/weight", "value": 50},
                     {"op": "replace", "path": "/spec/rules/2/backendRefs/1/weight", "value": 50}]
                    """)
                let held = try home.run("approve", "--resume")
                let text = held.output + held.errors
                #expect(held.status == 11 || held.status == 1, "\(text)")
                #expect(
                    text.contains("traffic: expected {blue: 90, green: 10}, observed {blue: 50, green: 50}"), "\(text)")
                #expect(text.contains("deployment green: instances: expected 1, observed 3"), "\(text)")
                let restored = try home.run("resume", "--restore")
                #expect(restored.status == 11, "\(restored.output)\(restored.errors)")
                let weights = try await fixture.kubectl(
                    "get", "httproute", "my-endpoint", "--output", "jsonpath={.spec.rules[-1:].backendRefs[*].weight}")
                #expect(weights == "90 10")
                #expect(try home.run("approve", "--resume").status == 11)
                #expect(try home.run("approve", "--resume").status == 0)
            }
        }

        @Test("the doctor misses nothing where the sample Role is bound")
        func doctor() async throws {
            try await with { home, fixture in
                let ended = try home.run("doctor", "--namespace", fixture.namespace)
                #expect(ended.status == 0, "\(ended.output)")
                #expect(
                    ended.output.contains(
                        "all \(RequiredPermissions.needed(in: "").count) permissions that Turnout uses"),
                    "\(ended.output)")
            }
        }
    }
}
