import Foundation
import Rollouts
import Testing

extension KubernetesSuite {
    /// Whatever the runner, the API server and the network between them do: the rollout goes on to the right end, no
    /// object is changed twice, and no live request fails.
    @Suite("Faults on a cluster")
    struct FaultTests {
        private static let writing: Value = ["create", "update", "patch", "delete"]
        private static let stages = [
            "define", "scale", "deploy-green", "isolated-test", "canary", "cut-over", "delete-blue",
        ]

        /// `restorations` are the changes that bring back what somebody else has changed; `kills` is how often the API
        /// server dies, each time perhaps with a change that it has stored and not yet written to its audit log.
        private func disturbed(
            _ way: ClusterFixture.Way = .proxied, restorations: Int = 0, kills: Int = 0,
            _ body: (ClusterFixture, TurnoutHome) async throws -> Void
        ) async throws {
            try await ClusterFixture.with { cluster in
                try await cluster.withHome(way) { home in
                    let tally = try await LiveClients.during(cluster.place.gateway) { _ in
                        try await body(cluster, home)
                    }
                    #expect(tally.failures.isEmpty, "\(tally)")
                    let status = try home.status("kubernetes-rollout-1")
                    #expect(status.status == "succeeded", "\(status)")
                    #expect(status.traffic == .init(wanted: ["green": 100], actual: ["green": 100]))
                    let expected = RolloutChanges.all
                    var changes = try await cluster.changes()
                    // A change is answered before its line is in the audit log.
                    for _ in 0..<50 where kills == 0 && changes.count < expected.count + restorations {
                        try await Task.sleep(for: .milliseconds(100))
                        changes = try await cluster.changes()
                    }
                    if kills > 0 {
                        let difference = changes.difference(from: expected)
                        #expect(difference.insertions.isEmpty, "\(changes)")
                        #expect(difference.removals.count <= kills, "\(changes)")
                        for (kind, name) in [("httproutes", "my-endpoint"), ("deployments", "my-endpoint-green")] {
                            let generation = try await cluster.kubectl(
                                "get", kind, name, "--output", "jsonpath={.metadata.generation}")
                            #expect(Int(generation) == expected.count { $0 == "patch \(kind) \(name)" }, "\(name)")
                        }
                    } else {
                        if restorations == 0 { #expect(changes == expected) }
                        #expect(changes.count == expected.count + restorations, "\(changes)")
                    }
                    #expect(try home.run("events", "kubernetes-rollout-1", "--verify").status == 0)
                }
            }
        }

        @Test(
            "P3 killed while a write is under way, before or after the server has done it, the run is resumed",
            arguments: [
                // Each run makes its claim first; then one write is done, and the runner dies of this one or of the next.
                ("hold_response", 1), ("delay", 2),
            ])
        func killed(action: String, after: Int) async throws {
            try await disturbed { cluster, home in
                var words = cluster.rollout()
                for _ in 0..<40 {
                    try await cluster.clearFaults()
                    try await cluster.fault([
                        "verb": Self.writing, "path": "^(?!.*/leases)", "action": .string(action),
                        "after": .integer(after), "times": 1, "seconds": 60,
                    ])
                    let run = try home.start(words)
                    try await eventually("a write is held, or it is over") {
                        try await cluster.isFaultUsed() || !run.process.isRunning
                    }
                    if run.process.isRunning { run.signal(SIGKILL) }
                    let ended = try await run.end()
                    if run.process.terminationReason == .exit {
                        #expect(ended.status == 0, "\(ended.output)\(ended.errors)")
                        break
                    }
                    #expect(ended.status == -SIGKILL, "\(ended.output)\(ended.errors)")
                    words = ["resume", "kubernetes-rollout-1"]
                }
            }
        }

        @Test("an API server that dies and comes back in the middle of every stage is waited for")
        func apiServer() async throws {
            try await disturbed(.direct, kills: Self.stages.count) { cluster, home in
                let run = try home.start(cluster.rollout(canary: "5s", settle: "5s"))
                for stage in Self.stages {
                    try await home.reaches(stage)
                    guard run.process.isRunning else { break }
                    try await cluster.apiServer(.kill)
                    try await Task.sleep(for: .seconds(1))
                    try await cluster.apiServer(.start)
                }
                let ended = try await run.end()
                #expect(ended.status == 0, "\(ended.output)\(ended.errors)")
            }
        }

        @Test("undisturbed, each object is changed as often as the stages say, and no live request fails")
        func undisturbed() async throws {
            try await disturbed(.direct) { cluster, home in
                let ended = try await home.end(cluster.rollout())
                #expect(ended.status == 0, "\(ended.output)\(ended.errors)")
            }
        }

        @Test("mirroring without a condition is refused before anything is done")
        func mirroring() async throws {
            try await ClusterFixture.with { cluster in
                try await cluster.withHome(.direct) { home in
                    let playbook = try home.read("Playbooks/kubernetes-rollout.yml")
                    try home.write(
                        playbook.replacingOccurrences(of: "    when: \"${{ backend.mirroring }}\"\n", with: ""),
                        to: "Playbooks/kubernetes-rollout.yml")
                    let ended = try await home.end(cluster.rollout())
                    #expect(ended.status == 65, "\(ended.output)\(ended.errors)")
                    #expect((ended.output + ended.errors).contains("mirror"), "\(ended.output)\(ended.errors)")
                    #expect(try await cluster.changes().isEmpty)
                }
            }
        }

        @Test("weights that GitOps puts back by force are drift, which is shown, and taken back when a person says so")
        func gitOps() async throws {
            try await disturbed(.direct, restorations: 1) { cluster, home in
                let waiting = try await home.end(cluster.rollout(approve: nil))
                #expect(waiting.status == 11, "\(waiting.output)\(waiting.errors)")
                let route = try await cluster.kubectl("get", "httproute", "my-endpoint", "--output", "json")
                let old = try cluster.manifest(of: route, blue: 100, green: 0)
                try await cluster.kubectl(
                    "apply", "--server-side", "--force-conflicts", "--field-manager=argocd", "--validate=false",
                    input: old)
                let held = try await home.end("approve", "--resume")
                #expect(held.status == 11 || held.status == 1, "\(held.output)\(held.errors)")
                let text = held.output + held.errors
                #expect(text.contains("expected {blue: 90, green: 10}, observed {blue: 100}"), "\(text)")
                let restored = try await home.end("resume", "--restore")
                #expect(restored.status == 11, "\(restored.output)\(restored.errors)")
                for _ in 0..<2 {
                    let ended = try await home.end("approve", "--resume")
                    #expect([0, 11].contains(ended.status), "\(ended.output)\(ended.errors)")
                }
            }
        }

        @Test("refusals for now, lost answers, cut connections and watches that end are no failures")
        func network() async throws {
            try await disturbed { cluster, home in
                try await cluster.fault([
                    ["verb": Self.writing, "every": 3, "action": "drop_response"],
                    ["verb": Self.writing, "every": 4, "action": "cut"],
                    ["verb": Self.writing, "every": 4, "action": "status", "status": 429, "retry_after": 1],
                    ["verb": "get", "every": 7, "times": 5, "action": "status", "status": 500],
                    ["verb": "get", "every": 5, "times": 5, "action": "status", "status": 429, "retry_after": 0],
                    ["verb": "get", "every": 5, "times": 5, "action": "truncate", "bytes": 20],
                    ["verb": "watch", "every": 3, "times": 3, "action": "expire_watch"],
                    ["verb": "watch", "every": 3, "times": 3, "action": "status", "status": 410],
                ])
                let run = try home.start(cluster.rollout())
                while run.process.isRunning {
                    try await cluster.cutWatches()
                    try await Task.sleep(for: .seconds(3))
                }
                let ended = try await run.end()
                #expect(ended.status == 0, "\(ended.output)\(ended.errors)")
                #expect(try await cluster.requests().count { $0.fault != nil } > 10)
            }
        }

        @Test("a token that expires is read again from its file")
        func token() async throws {
            try await ClusterFixture.with { cluster in
                let folder = FileManager.default.temporaryDirectory.path + "/turnout-token-\(UUID().uuidString)"
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
                defer {
                    do { try FileManager.default.removeItem(atPath: folder) } catch { Issue.record(error) }
                }
                func renew(_ token: String) throws {
                    try token.write(toFile: folder + "/token", atomically: true, encoding: .utf8)
                }
                try renew(try await cluster.token(seconds: 3))
                let kubeconfig = cluster.kubeconfig(tokenFile: folder + "/token")
                try kubeconfig.write(toFile: folder + "/config", atomically: true, encoding: .utf8)
                try await cluster.clearRequests()
                try await cluster.withHome(.file(folder + "/config")) { home in
                    let run = try home.start(cluster.rollout(canary: "20s"))
                    try await eventually("the API server refuses the token") {
                        try await cluster.requests().contains { $0.status == 401 } || !run.process.isRunning
                    }
                    #expect(run.process.isRunning)
                    try renew(cluster.place.token)
                    let ended = try await run.end()
                    #expect(ended.status == 0, "\(ended.output)\(ended.errors)")
                    #expect(try await cluster.changes() == RolloutChanges.all)
                }
            }
        }

        @Test("P5 a runner that was stopped and overtaken changes nothing any more, and ends with 13")
        func overtaken() async throws {
            try await disturbed { cluster, home in
                let first = try home.start(cluster.rollout(approve: nil, "--wait"))
                try await eventually("it waits for a person") {
                    try await home.stages()["cut-over"] == "waiting"
                }
                first.signal(SIGSTOP)
                for stage in ["cut-over", "delete-blue"] {
                    #expect(try await home.end("approve", "--stage", stage).status == 0)
                }
                let second = try await home.end("resume", "kubernetes-rollout-1", "--take-over")
                #expect(second.status == 0, "\(second.output)\(second.errors)")
                let changes = try await cluster.changes()
                first.signal(SIGCONT)
                #expect(try await first.end().status == 13)
                #expect(try await cluster.changes() == changes)
            }
        }
    }
}

/// What a rollout changes of objects, their metadata apart: each time that something is to be changed, and no more.
private enum RolloutChanges {
    static let all = [
        // define: the route, the deployment and the rule that names it, and then its traffic
        "patch httproutes my-endpoint", "patch configmaps my-endpoint-blue-code", "patch services my-endpoint-blue",
        "patch httproutes my-endpoint", "patch deployments my-endpoint-blue", "patch httproutes my-endpoint",
        "patch deployments my-endpoint-blue",  // scale
        // deploy-green
        "patch configmaps my-endpoint-green-code", "patch services my-endpoint-green", "patch httproutes my-endpoint",
        "patch deployments my-endpoint-green",
        "patch httproutes my-endpoint",  // canary
        "patch httproutes my-endpoint",  // cut-over
        // delete-blue: its rule first
        "patch httproutes my-endpoint", "delete services my-endpoint-blue", "delete configmaps my-endpoint-blue-code",
        "delete deployments my-endpoint-blue",
    ]
}

extension Value {
    fileprivate func setting(_ key: String, _ value: Value) -> Value {
        guard case .mapping(var members) = self else { return self }
        members[key] = value
        return .mapping(members)
    }
}

extension ClusterFixture {
    /// The route as somebody's repository has it, with its old weights.
    fileprivate func manifest(of route: String, blue: Int, green: Int) throws -> String {
        var object = try JSONDecoder().decode(Value.self, from: Data(route.utf8))
        guard case .list(var rules)? = object["spec"]?["rules"], let last = rules.last,
            case .list(var references)? = last["backendRefs"]
        else { throw InstanceFixture.NeverHappened(description: "no rule with weights: \(route)") }
        for (index, weight) in [blue, green].enumerated() {
            references[index] = references[index].setting("weight", .integer(weight))
        }
        rules[rules.count - 1] = last.setting("backendRefs", .list(references))
        object = [
            "apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute",
            "metadata": ["name": "my-endpoint", "namespace": .string(namespace)],
            "spec": ["rules": .list(rules)],
        ]
        return String(decoding: try JSONEncoder().encode(object), as: UTF8.self)
    }

    /// Whether the only rule of the proxy has been used up.
    fileprivate func isFaultUsed() async throws -> Bool { try await faultsLeft() == [0] }

    /// The service account's kubeconfig, through the proxy, whose token is in a file.
    fileprivate func kubeconfig(tokenFile: String) -> String {
        """
        {"apiVersion": "v1", "kind": "Config", "current-context": "c",
         "clusters": [{"name": "c", "cluster": {"server": "\(cluster.proxy)",
                       "certificate-authority": "\(cluster.certificateAuthority)"}}],
         "users": [{"name": "c", "user": {"tokenFile": "\(tokenFile)"}}],
         "contexts": [{"name": "c", "context": {"cluster": "c", "user": "c", "namespace": "\(namespace)"}}]}
        """
    }
}
