import Foundation
import HTTPTransport
import KubernetesEndpoints
import RolloutEngine
import Rollouts
import Testing

extension ClusterFixture {
    /// What a kubeconfig of the harness means; they are written as JSON.
    static func configuration(_ path: String) throws -> ClusterConfiguration {
        try ClusterConfiguration.load(environment: ["KUBECONFIG": path]) {
            try JSONDecoder().decode(Value.self, from: Data($0.utf8))
        }
    }

    /// A client with the cluster's administrator's rights, straight to the API server or by the failing proxy.
    func client(
        proxied: Bool = false, user: ClusterConfiguration.User? = nil, _ body: (KubernetesClient) async throws -> Void
    ) async throws {
        var configuration = try Self.configuration(cluster.kubeconfig)
        configuration.namespace = namespace
        if proxied { configuration.server = cluster.proxy }
        if let user { configuration.user = user }
        let client = try KubernetesClient(configuration)
        do {
            try await body(client)
        } catch {
            Issue.record(error)
        }
        await client.close()
    }

    /// A Deployment that runs nothing.
    func idle(_ name: String, _ spec: [String: Value] = [:]) -> KubernetesObject {
        KubernetesObject(
            .deployments, name: name, namespace: namespace, labels: ["app": .init(name)],
            [
                "spec": .mapping(
                    [
                        "replicas": 0, "selector": ["matchLabels": ["app": .string(name)]],
                        "template": [
                            "metadata": ["labels": ["app": .string(name)]],
                            "spec": ["containers": [["name": "server", "image": "example.com/server:1"]]],
                        ],
                    ].merging(spec) { $1 })
            ])
    }
}

extension KubernetesSuite {
    @Suite("Client of the API server") struct ClientTests {
        @Test("objects are made, applied, replaced, patched and deleted as they are")
        func objects() async throws {
            try await ClusterFixture.with { fixture in
                try await fixture.client { client in
                    let place = fixture.namespace
                    #expect(try await client.serverVersion().hasPrefix("v"))
                    var map = KubernetesObject(
                        .configMaps, name: "m", namespace: place, annotations: ["turnout.dev/run": "r-1"],
                        ["data": ["a": "é😀\n\"\\", "b": "1"]])
                    let made = try await client.create(.configMaps, map)
                    #expect(made["data"] == map["data"] && made.uid != nil)
                    let again = await #expect(throws: KubernetesError.self) {
                        try await client.create(.configMaps, map)
                    }
                    #expect(again?.code == .alreadyExists)
                    #expect(try await client.get(.configMaps, "m", in: place) == made)
                    #expect(try await client.get(.configMaps, "none", in: place) == nil)

                    map["data"] = ["a": "2"]
                    map.resourceVersion = made.resourceVersion
                    let replaced = try await client.replace(.configMaps, map)
                    #expect(replaced["data"] == ["a": "2"])
                    // In a state that is past.
                    let late = await #expect(throws: KubernetesError.self) {
                        try await client.replace(.configMaps, map)
                    }
                    #expect(late?.code == .conflict)

                    let patched = try await client.patch(
                        .configMaps, "m", in: place, [.test("/data/a", "2"), .replace("/data/a", "3")])
                    #expect(patched["data"] == ["a": "3"])
                    let failed = await #expect(throws: KubernetesError.self) {
                        try await client.patch(
                            .configMaps, "m", in: place, [.test("/data/a", "2"), .replace("/data/a", "4")])
                    }
                    #expect(failed?.code == .invalid)
                    #expect(try await client.get(.configMaps, "m", in: place)?["data"] == ["a": "3"])

                    let wrong = await #expect(throws: KubernetesError.self) {
                        try await client.delete(.configMaps, "m", in: place, uid: "not-its-uid")
                    }
                    #expect(wrong?.code == .conflict && wrong?.message.contains("not-its-uid") == true)
                    let stale = await #expect(throws: KubernetesError.self) {
                        try await client.delete(.configMaps, "m", in: place, resourceVersion: made.resourceVersion)
                    }
                    #expect(stale?.code == .conflict)
                    #expect(try await client.delete(.configMaps, "m", in: place, uid: made.uid))
                    // In the foreground: it is there until its dependents are gone.
                    while try await client.get(.configMaps, "m", in: place) != nil {
                        try await Task.sleep(for: .milliseconds(20))
                    }
                    #expect(try await !client.delete(.configMaps, "m", in: place))

                    let invalid = await #expect(throws: KubernetesError.self) {
                        try await client.apply(.deployments, fixture.idle("d", ["replicas": -1]))
                    }
                    #expect(invalid?.code == .invalid && invalid?.causes.map(\.field) == ["spec.replicas"])
                }
            }
        }

        @Test("a list in pages is the same as a list in one, by labels and fields too")
        func pages() async throws {
            try await ClusterFixture.with { fixture in
                try await fixture.client { client in
                    for number in 0..<7 {
                        try await client.create(
                            .configMaps,
                            KubernetesObject(
                                .configMaps, name: "m\(number)", namespace: fixture.namespace,
                                labels: ["even": number % 2 == 0 ? "yes" : "no", "app": "x"]))
                    }
                    let all = try await client.list(.configMaps, in: fixture.namespace, labels: ["app": "x"])
                    let paged = try await client.list(
                        .configMaps, in: fixture.namespace, labels: ["app": "x"], pageSize: 2)
                    #expect(all.objects.map(\.name) == (0..<7).map { "m\($0)" })
                    #expect(paged.objects == all.objects && paged.objects.allSatisfy { $0.kind == "ConfigMap" })
                    #expect(
                        try await client.list(
                            .configMaps, in: fixture.namespace,
                            labels: Selector([.isOneOf("even", ["yes", "maybe"]), .exists("app"), .isAbsent("no")])
                        ).objects.count == 4)
                    #expect(
                        try await client.list(.configMaps, in: fixture.namespace, fields: ["metadata.name": "m3"])
                            .objects
                            .map(\.name) == ["m3"])
                }
            }
        }

        @Test("a conflict of apply names kubectl's field manager and the field, and changes nothing")
        func fieldConflict() async throws {
            try await ClusterFixture.with { fixture in
                try await fixture.client { client in
                    let made = try await client.apply(.deployments, fixture.idle("d"))
                    try await fixture.kubectl(
                        "patch", "deployment", "d", "--type=json",
                        "--patch", #"[{"op": "replace", "path": "/spec/replicas", "value": 1}]"#)
                    let error = await #expect(throws: KubernetesError.self) {
                        try await client.apply(.deployments, fixture.idle("d"))
                    }
                    #expect(
                        error?.code
                            == .fieldConflict([FieldConflict(manager: "kubectl-patch", field: ".spec.replicas")]))
                    #expect(try await client.get(.deployments, "d", in: fixture.namespace)?["spec", "replicas"] == 1)
                    // In the state that it was in before: no apply, but a plain conflict.
                    var old = fixture.idle("d", ["replicas": 1, "paused": true])
                    old.resourceVersion = made.resourceVersion
                    let stale = await #expect(throws: KubernetesError.self) {
                        try await client.apply(.deployments, old)
                    }
                    #expect(stale?.code == .conflict)
                    #expect(try await client.get(.deployments, "d", in: fixture.namespace)?["spec", "paused"] == nil)
                }
            }
        }

        @Test("scale goes by the subresource, and only in the state that is meant")
        func scale() async throws {
            try await ClusterFixture.with { fixture in
                try await fixture.pause(.kubelet)
                try await fixture.client { client in
                    let place = fixture.namespace
                    try await client.apply(.deployments, fixture.idle("d"))
                    let scale = try #require(try await client.scale(of: .deployments, "d", in: place))
                    #expect(scale.wanted == 0)
                    let scaled = try await client.setScale(
                        of: .deployments, "d", in: place, to: 1, resourceVersion: nil)
                    #expect(scaled.wanted == 1)
                    let stale = await #expect(throws: KubernetesError.self) {
                        try await client.setScale(
                            of: .deployments, "d", in: place, to: 2, resourceVersion: scale.resourceVersion)
                    }
                    #expect(stale?.code == .conflict)
                    #expect(try await client.scale(of: .deployments, "none", in: place) == nil)
                    #expect(try await client.delete(.deployments, "d", in: place, propagation: .foreground))
                }
            }
        }

        @Test("rights are asked for one by one; API groups are discovered")
        func access() async throws {
            try await ClusterFixture.with { fixture in
                try await fixture.client { client in
                    let mayDelete = try await client.canI(
                        Access("delete", .deployments, namespace: fixture.namespace))
                    #expect(mayDelete)
                    #expect(try await client.versions(ofGroup: "gateway.networking.k8s.io")?.isEmpty == false)
                    #expect(try await client.versions(ofGroup: "no.such.group") == nil)
                    #expect(try await client.served(.horizontalPodAutoscalers)?.version == "v1")
                    #expect(try await client.served(.pods) == .pods)
                }
                // The account of the namespace has no rights elsewhere.
                let client = try KubernetesClient(try ClusterFixture.configuration(fixture.place.kubeconfig))
                #expect(try await client.canI(Access("get", .deployments, namespace: fixture.namespace)))
                #expect(try await !client.canI(Access("get", .deployments, namespace: "kube-system")))
                #expect(try await !client.canI(Access("list", .nodes)))
                let forbidden = await #expect(throws: KubernetesError.self) { try await client.list(.nodes) }
                #expect(forbidden?.code == .forbidden && forbidden?.message.contains("nodes is forbidden") == true)
                await client.close()
            }
        }

        @Test("a client certificate shows who asks; a server that nobody known vouches for is refused")
        func certificates() async throws {
            try await ClusterFixture.with { fixture in
                var configuration = try ClusterFixture.configuration(fixture.cluster.certificateKubeconfig)
                #expect(configuration.user.identity != nil && configuration.user.authorization == .nothing)
                let client = try KubernetesClient(configuration)
                #expect(try await client.get(.namespaces, fixture.namespace) != nil)
                await client.close()

                configuration.serverName = "kubernetes.default.svc"
                let named = try KubernetesClient(configuration)
                #expect(try await named.get(.namespaces, fixture.namespace) != nil)
                await named.close()

                configuration.serverName = nil
                configuration.trust = .system
                let unknown = try KubernetesClient(configuration, pauses: .once)
                let error = await #expect(throws: KubernetesError.self) { try await unknown.get(.namespaces, "x") }
                #expect(error?.code == .unreachable)
                await unknown.close()
                configuration.trust = .unverified
                let insecure = try KubernetesClient(configuration)
                #expect(try await insecure.get(.namespaces, fixture.namespace) != nil)
                await insecure.close()
            }
        }

        @Test("a token that is refused is read again, and the request sent once more")
        func tokenRotates() async throws {
            try await ClusterFixture.with { fixture in
                let path = FileManager.default.temporaryDirectory.path + "/token-\(fixture.namespace)"
                defer { unlink(path) }
                try Data("not-a-token".utf8).write(to: URL(filePath: path))
                var configuration = try ClusterFixture.configuration(fixture.place.proxiedKubeconfig)
                configuration.user = .init(authorization: .tokenFile(path))
                let client = try KubernetesClient(configuration)
                let refused = await #expect(throws: KubernetesError.self) {
                    try await client.list(.services, in: fixture.namespace)
                }
                #expect(refused?.code == .unauthorized)
                try Data(fixture.place.token.utf8).write(to: URL(filePath: path))
                #expect(try await client.list(.services, in: fixture.namespace).objects.isEmpty)
                // It expired before its time: the server says so once.
                try await fixture.fault(["action": "status", "status": 401, "times": 1])
                #expect(try await client.list(.services, in: fixture.namespace).objects.isEmpty)
                #expect(try await fixture.requests().filter { $0.status == 401 }.count >= 3)
                await client.close()
            }
        }

        @Test("a credential plugin is run with what it needs, and again when its token expires or is refused")
        func plugin() async throws {
            try await ClusterFixture.with { fixture in
                let folder = FileManager.default.temporaryDirectory.path + "/plugin-\(fixture.namespace)"
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
                defer { #expect(throws: Never.self) { try FileManager.default.removeItem(atPath: folder) } }
                let script = """
                    #!/bin/sh
                    echo "$1 $SECRET_FILE $KUBERNETES_EXEC_INFO" >> "\(folder)/runs"
                    printf '{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": '
                    printf '{"token": "%s", "expirationTimestamp": "%s"}}' "$(cat "$SECRET_FILE")" "$(date -u -d "+$1 seconds" +%Y-%m-%dT%H:%M:%SZ)"
                    """
                try Data(script.utf8).write(to: URL(filePath: folder + "/login"))
                chmod(folder + "/login", 0o755)
                try Data("wrong".utf8).write(to: URL(filePath: folder + "/token"))
                func runs() throws -> [Substring] {
                    try String(contentsOfFile: folder + "/runs", encoding: .utf8).split(separator: "\n")
                }
                var plugin = CredentialPlugin(apiVersion: "client.authentication.k8s.io/v1", command: folder + "/login")
                plugin.arguments = ["600"]
                plugin.environment = ["SECRET_FILE": folder + "/token"]
                plugin.clusterInfo = ["server": "https://x"]
                var configuration = try ClusterFixture.configuration(fixture.place.kubeconfig)
                configuration.user = .init(authorization: .plugin(plugin))
                let client = try KubernetesClient(configuration)
                await #expect(throws: KubernetesError.self) { try await client.list(.services, in: fixture.namespace) }
                try Data(fixture.place.token.utf8).write(to: URL(filePath: folder + "/token"))
                for _ in 0..<3 { _ = try await client.list(.services, in: fixture.namespace) }
                await client.close()
                #expect(try runs().count == 3)
                #expect(try runs().allSatisfy { $0.hasPrefix("600 \(folder)/token {") && $0.contains("https://x") })

                // It expires within the margin: it is asked for each time.
                plugin.arguments = ["5"]
                configuration.user = .init(authorization: .plugin(plugin))
                let short = try KubernetesClient(configuration)
                for _ in 0..<2 { _ = try await short.list(.services, in: fixture.namespace) }
                await short.close()
                #expect(try runs().count == 5)

                plugin.command = "turnout-has-no-such-plugin"
                plugin.installHint = "get it there"
                configuration.user = .init(authorization: .plugin(plugin))
                let missing = try KubernetesClient(configuration)
                let error = await #expect(throws: KubernetesError.self) { try await missing.list(.services) }
                #expect(error?.code == .credentials)
                #expect(error?.message.hasSuffix("is not installed\nget it there") == true)
                await missing.close()
            }
        }
    }
}

extension Pauses {
    /// Nothing is sent again.
    static var once: Pauses {
        var pauses = Pauses()
        pauses.tries = 1
        return pauses
    }
}
