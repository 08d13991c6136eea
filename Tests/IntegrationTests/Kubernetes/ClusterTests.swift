import Foundation
import Rollouts
import Testing

extension KubernetesSuite {
    /// What the other tests build upon: nodes, gateway and faults are played as real ones behave.
    @Suite("The cluster for tests")
    struct ClusterTests {
        /// A Deployment and its Service, as anybody would write them.
        private static func model(_ name: String, image: String = "registry.example/model:1", replicas: Int = 2)
            -> String
        {
            """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: \(name)}
            spec:
              replicas: \(replicas)
              selector: {matchLabels: {app: \(name)}}
              template:
                metadata: {labels: {app: \(name), turnout.dev/deployment: \(name)}}
                spec:
                  containers:
                    - name: server
                      image: \(image)
                      ports: [{name: http, containerPort: 5001, protocol: TCP}]
                      lifecycle: {preStop: {exec: {command: [sleep, "5"]}}}
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: \(name)}
            spec: {selector: {app: \(name)}, ports: [{port: 80, targetPort: http, protocol: TCP}]}
            ---

            """
        }

        private static func route(_ weights: [(String, Int)]) -> String {
            let references = weights.map { "{group: '', kind: Service, name: \($0.0), port: 80, weight: \($0.1)}" }
            return """
                apiVersion: gateway.networking.k8s.io/v1
                kind: HTTPRoute
                metadata: {name: model}
                spec:
                  parentRefs: [{name: gateway}]
                  rules: [{backendRefs: [\(references.joined(separator: ", "))]}]
                """
        }

        @Test("requests follow the weights, and none fails while weights change and Pods end")
        func traffic() async throws {
            try await ClusterFixture.with { cluster in
                try await cluster.kubectl(
                    "apply", "--validate=false",
                    input: Self.model("blue") + Self.model("green") + Self.route([("blue", 1)]))
                try await cluster.kubectl("rollout", "status", "deployment/green", "--timeout=30s")
                let tally = try await LiveClients.during(cluster.place.gateway, rate: 100) { clients in
                    try await eventually("blue serves") { (clients.tally.answered["blue"] ?? 0) > 50 }
                    try await cluster.kubectl(
                        "apply", "--validate=false", input: Self.route([("blue", 50), ("green", 50)]))
                    try await eventually("green serves") { (clients.tally.answered["green"] ?? 0) > 50 }
                    try await cluster.kubectl("apply", "--validate=false", input: Self.route([("green", 100)]))
                    try await cluster.kubectl("delete", "deployment/blue")
                    try await cluster.kubectl("scale", "deployment/green", "--replicas=1")
                    try await eventually("one Pod is left") { try await cluster.podNames().count == 1 }
                }
                #expect(tally.failures.isEmpty, "\(tally)")
            }
        }

        @Test(
            "Pods fail as their images say, and the API server tells why",
            arguments: [
                ("crash", "CrashLoopBackOff"), ("missing", "ImagePullBackOff"), ("never-ready", ""),
            ])
        func faults(image: String, reason: String) async throws {
            try await ClusterFixture.with { cluster in
                try await cluster.kubectl(
                    "apply", "--validate=false",
                    input: Self.model("m", image: "registry.example/\(image):1", replicas: 1))
                try await eventually("the Pod says why") {
                    let shown = try await cluster.kubectl("get", "pods", "--output", "wide")
                    return reason.isEmpty ? shown.contains("0/1     Running") : shown.contains(reason)
                }
                if image == "crash" {
                    let log = try await cluster.kubectl("logs", "deployment/m", "--previous")
                    #expect(log.contains("RuntimeError: the model cannot be loaded"), "\(log)")
                }
                #expect(try await cluster.kubectl("get", "deployment/m", "--output", "wide").contains("0/1"))
            }
        }

        @Test("the proxy fails as it is told to, and counts")
        func proxy() async throws {
            try await ClusterFixture.with { cluster in
                try await cluster.withHome { home in
                    try await cluster.fault([
                        "verb": "get", "path": "pods", "action": "status", "status": 403, "times": 1,
                    ])
                    let list = ["kubectl", "--kubeconfig", cluster.place.proxiedKubeconfig, "get", "deployments"]
                    #expect(try await Programs.run("/usr/bin/env", list).status == 0)
                    let pods = Array(list.dropLast()) + ["pods"]
                    #expect(try await Programs.run("/usr/bin/env", pods).output.contains("403"))
                    #expect(try await Programs.run("/usr/bin/env", pods).status == 0)
                    #expect(try await cluster.requests().count { $0.fault != nil } >= 1)
                }
            }
        }

        @Test("the API server comes back with everything that it had")
        func restart() async throws {
            try await ClusterFixture.with { cluster in
                try await cluster.kubectl("apply", "--validate=false", input: Self.model("m") + Self.route([("m", 1)]))
                try await cluster.kubectl("rollout", "status", "deployment/m", "--timeout=30s")
                try await cluster.apiServer(.kill)
                let list = ["kubectl", "--kubeconfig", cluster.place.kubeconfig, "get", "pods"]
                #expect(try await Programs.run("/usr/bin/env", list).status != 0)
                try await cluster.apiServer(.start)
                try await cluster.kubectl("scale", "deployment/m", "--replicas=3")
                try await cluster.kubectl("rollout", "status", "deployment/m", "--timeout=30s")
            }
        }
    }
}

extension ClusterFixture {
    func podNames() async throws -> [Substring] {
        try await kubectl("get", "pods", "--output", "name").split(separator: "\n")
    }
}
