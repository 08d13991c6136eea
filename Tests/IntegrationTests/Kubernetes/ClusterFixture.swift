import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Rollouts
import Testing

/// A namespace of its own in a real cluster, with a gateway and a service account that has Turnout's rights alone.
///
/// The cluster is started once, by `harness/cluster.py`, and ends with the tests' process. What a test disturbed is set
/// right afterwards, and its namespace deleted.
struct ClusterFixture: Sendable {
    let cluster: ClusterState
    let place: Namespace

    /// What the harness says of a namespace that it made.
    struct Namespace: Decodable, Sendable {
        var namespace: String
        /// Where clients of the Gateway `gateway_name` send their requests.
        var gateway: String
        var gatewayName: String
        /// Of the service account, which the two kubeconfigs have too.
        var token: String
        /// Straight to the API server.
        var kubeconfig: String
        /// By the proxy that ``fault(_:)`` tells to fail.
        var proxiedKubeconfig: String

        enum CodingKeys: String, CodingKey {
            case namespace, gateway, token, kubeconfig
            case gatewayName = "gateway_name"
            case proxiedKubeconfig = "proxied_kubeconfig"
        }
    }

    var namespace: String { place.namespace }

    static func with(_ body: (ClusterFixture) async throws -> Void) async throws {
        let cluster = try await ClusterProcess.shared.state()
        let name = "t-" + UUID().uuidString.prefix(8).lowercased()
        let place: Namespace = try await Control(cluster).ask("POST", "/namespaces", ["name": .string(name)])
        let fixture = ClusterFixture(cluster: cluster, place: place)
        do {
            try await body(fixture)
        } catch {
            Issue.record(error)
        }
        try await fixture.setRight()
    }

    private var control: Control { Control(cluster) }

    private func setRight() async throws {
        try await control.tell("DELETE", "/faults")
        try await control.tell("DELETE", "/pods/fault")
        try await control.tell("DELETE", "/webhooks")
        for part in Part.allCases { try await resume(part) }
        try await apiServer(.start)
        try await control.tell("DELETE", "/namespaces", ["name": .string(namespace)])
    }

    // MARK: What a test disturbs

    enum Part: String, CaseIterable { case kubelet, gateway, controllers }

    func pause(_ part: Part) async throws { try await control.tell("POST", "/pause", ["part": .string(part.rawValue)]) }

    func resume(_ part: Part) async throws {
        try await control.tell("POST", "/resume", ["part": .string(part.rawValue)])
    }

    enum Doing: String { case kill, stop, start, restart }

    /// Returns when the API server is gone, or ready.
    func apiServer(_ what: Doing) async throws {
        try await control.tell("POST", "/apiserver", ["do": .string(what.rawValue)])
    }

    /// Tells the proxy how to fail: see `fault_proxy.py` for the members of a rule.
    func fault(_ rule: Value) async throws { try await control.tell("POST", "/faults", rule) }

    /// How often each rule of the proxy is still to be used; nil: always.
    func faultsLeft() async throws -> [Int?] {
        struct Rule: Decodable { var left: Int? }
        let rules: [Rule] = try await control.ask("GET", "/faults")
        return rules.map(\.left)
    }

    func clearFaults() async throws { try await control.tell("DELETE", "/faults") }

    /// Ends every watch that is open through the proxy; returns how many there were.
    @discardableResult func cutWatches() async throws -> Int {
        let answer: [String: Int] = try await control.ask("POST", "/watches/cut")
        return answer["cut"] ?? 0
    }

    /// Lets the Pods of a deployment fail (`crash`, `hang`, `failing`, `failing-20` percent of clients' requests,
    /// `never-ready`), answer late, or recover.
    func podFault(_ fault: String?, delay: Double = 0, deployment: String) async throws {
        try await control.tell(
            "POST", "/pods/fault",
            [
                "namespace": .string(namespace), "labels": ["turnout.dev/deployment": .string(deployment)],
                "fault": fault.map(Value.string) ?? .null, "delay": .number(delay),
            ])
    }

    /// Has a webhook deny the objects of that type in this namespace from now on, with `message`.
    func deny(_ resource: String, group: String = "", _ message: String) async throws {
        try await control.tell("POST", "/webhooks", webhook(resource, group, ["deny": .string(message)]))
    }

    /// Has a webhook change the objects of that type in this namespace from now on, by a JSON Patch.
    func mutate(_ resource: String, group: String = "", _ patch: Value) async throws {
        try await control.tell("POST", "/webhooks", webhook(resource, group, ["patch": patch]))
    }

    /// Has a webhook merge `object` into the objects of that type in this namespace from now on, as injectors do.
    func inject(_ resource: String, group: String = "", _ object: Value) async throws {
        try await control.tell("POST", "/webhooks", webhook(resource, group, ["inject": object]))
    }

    private func webhook(_ resource: String, _ group: String, _ more: [String: Value]) -> Value {
        .mapping(
            more.merging(["namespace": .string(namespace), "group": .string(group), "resource": .string(resource)]) {
                _, new in new
            })
    }

    /// Makes endpoints like `endpoint`, each with deployments like `deployment` of it; see `crowd.py`.
    func makeCrowd(of endpoint: String, _ deployment: String, endpoints: Int, deployments: Int) async throws {
        try await control.tell(
            "POST", "/crowd",
            [
                "namespace": .string(namespace), "endpoint": .string(endpoint), "deployment": .string(deployment),
                "endpoints": .integer(endpoints), "deployments": .integer(deployments),
            ])
    }

    /// A token of the service account that is refused after about `seconds` (and the ten more that the API server
    /// remembers tokens).
    func token(seconds: Int) async throws -> String {
        let answer: [String: String] = try await control.ask(
            "POST", "/tokens", ["namespace": .string(namespace), "seconds": .integer(seconds)])
        return try #require(answer["token"])
    }

    // MARK: What happened

    /// A write as the API server's audit log has it.
    struct Write: Decodable, Sendable {
        var user: String
        var agent: String
        var verb: String
        var resource: String
        var subresource: String
        var name: String?
        var code: Int
        /// `metadata`, `spec` (all but the metadata and the status); empty where the object was so already.
        var changed: [String]
        var generation: Int?
    }

    /// The writes in this namespace, in order; by whoever, controllers too.
    func writes() async throws -> [Write] { try await control.ask("GET", "/writes?namespace=\(namespace)") }

    /// What the service account changed of objects, apart from their metadata, in order: `patch deployments my-endpoint-blue`.
    func changes() async throws -> [String] {
        try await writes().filter {
            $0.user == "system:serviceaccount:\(namespace):turnout" && $0.changed.contains("spec")
        }.map { write in
            // A code's name ends with its digest.
            let name = (write.name ?? "").replacing(#/-code-[0-9a-f]{10}$/#, with: "-code")
            return "\(write.verb) \(write.resource) \(name)"
        }
    }

    /// A request that went through the proxy.
    struct Asked: Decodable, Sendable {
        var verb: String
        var path: String
        var status: Int?
        var fault: String?
    }

    /// A request as the API server's audit log has it.
    struct Audited: Decodable, Sendable {
        var user: String
        var verb: String
        var uri: String
        var resource: String?
    }

    /// Every request of the service account in this namespace, in order.
    func audited() async throws -> [Audited] {
        let all: [Audited] = try await control.ask("GET", "/audit?namespace=\(namespace)")
        return all.filter { $0.user == "system:serviceaccount:\(namespace):turnout" }
    }

    func requests() async throws -> [Asked] { try await control.ask("GET", "/requests") }

    func clearRequests() async throws { try await control.tell("DELETE", "/requests") }

    // MARK: By hand

    /// Runs `kubectl` in the namespace as the cluster's administrator.
    @discardableResult func kubectl(_ words: String..., input: String? = nil) async throws -> String {
        var line = ["kubectl", "--kubeconfig", cluster.kubeconfig, "--namespace", namespace] + words
        let assets = try #require(environment["KUBEBUILDER_ASSETS"])
        if FileManager.default.isExecutableFile(atPath: assets + "/kubectl") { line[0] = assets + "/kubectl" }
        var file: String?
        defer { if let file { unlink(file) } }
        if let input {
            let path = FileManager.default.temporaryDirectory.path + "/\(UUID().uuidString).yml"
            try input.write(toFile: path, atomically: true, encoding: .utf8)
            line += ["-f", path]
            file = path
        }
        let ended = try await Programs.run("/usr/bin/env", line)
        try #require(ended.status == 0, "\(words): \(ended.output)")
        return ended.output
    }
}

/// The harness's HTTP API.
private struct Control {
    let address: String

    init(_ cluster: ClusterState) { address = cluster.control }

    func tell(_ method: String, _ path: String, _ body: Value? = nil) async throws {
        _ = try await send(method, path, body)
    }

    func ask<Answer: Decodable>(_ method: String, _ path: String, _ body: Value? = nil) async throws -> Answer {
        try JSONDecoder().decode(Answer.self, from: try await send(method, path, body))
    }

    private func send(_ method: String, _ path: String, _ body: Value?) async throws -> Data {
        var request = HTTPClientRequest(url: address + path)
        request.method = .init(rawValue: method)
        if let body { request.body = .bytes(ByteBuffer(bytes: try JSONEncoder().encode(body))) }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(90))
        let answer = try await response.body.collect(upTo: 256 << 20)
        try #require(response.status == .ok, "\(method) \(path): \(String(buffer: answer))")
        return Data(answer.readableBytesView)
    }
}
