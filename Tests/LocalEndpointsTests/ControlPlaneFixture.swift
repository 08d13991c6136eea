import AzureEndpoints
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import PlaybookSyntax
import RolloutEngine
import Rollouts
import Synchronization
import Testing

@testable import LocalEndpoints

/// The control plane in memory: its routes, a registry with its loop, no socket.
struct ControlPlaneFixture: Sendable {
    let folder: LocalFolder
    let registry: EndpointRegistry
    let responder: ControlResponder
    static let token = "a-token-for-tests-of-forty-letters-or-so"
    static let base =
        "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w"

    /// Runs `body` with a control plane whose state is in `state`; another in the same folder goes on with it.
    static func with(_ state: String, times: ProvisioningTimes = .none, _ body: (Self) async throws -> Void)
        async throws
    {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let folder = LocalFolder(state: state)
        try folder.create()
        let store = try LocalStore(folder)
        let blobs = try BlobStore(folder: folder.assets, secret: try store.secret("blob.secret"))
        let dataPlane = DataPlane(.init(threads: 1), logger: logger)
        let clock = SystemClock()
        let registry = try EndpointRegistry(
            store: store, folder: folder,
            assets: AssetCatalog(
                store: store, folder: folder, blobs: blobs, yaml: pythonYAMLValue(of:)),
            dataPlane: dataPlane, times: times, now: { clock.now() }, logger: logger)
        let plane = ControlPlane(
            registry: registry, store: store, blobs: blobs, dataOrigin: "http://127.0.0.1:1", now: { clock.now() })
        let responder = ControlResponder(routes: plane.routes, token: SecretDigest(Self.token), logger: logger)
        let loop = Task { await registry.run() }
        do {
            try await body(Self(folder: folder, registry: registry, responder: responder))
        } catch {
            Issue.record(error)
        }
        loop.cancel()
        await loop.value
        await registry.endInstances()
        await dataPlane.stop(draining: .zero)
        try store.close()
    }

    struct Answer {
        var status: Int
        var headers: HTTPFields
        /// Null where the answer is no JSON.
        var body: Value
        var text = ""

        var error: (code: String?, message: String?) {
            (body["error"]?["code"]?.string, body["error"]?["message"]?.string)
        }
        var state: String? { body["properties"]?["provisioningState"]?.string }
    }

    func send(
        _ method: HTTPRequest.Method, _ path: String, _ body: Value? = nil, headers: [String: String] = [:],
        token: String? = token, bytes: Data? = nil
    ) async throws -> Answer {
        var request = HTTPRequest(
            method: method, scheme: "https", authority: "127.0.0.1:1234",
            path: path.hasPrefix("/") ? path : Self.base + "/" + path)
        if let token { request.headerFields[.authorization] = "Bearer \(token)" }
        for (name, value) in headers { request.headerFields[try #require(HTTPField.Name(name))] = value }
        let data = try bytes ?? body.map { try JSONText.encode($0) } ?? Data()
        let response = try await responder.respond(
            to: Request(head: request, body: .init(buffer: ByteBuffer(bytes: data))), context: ControlContext())
        let writer = Collector()
        try await response.body.write(writer)
        let text = Data(writer.bytes.withLock { $0 })
        let isJSON = !text.isEmpty && response.headers[.contentType]?.hasPrefix("application/json") == true
        return Answer(
            status: response.status.code, headers: response.headers,
            body: isJSON ? try JSONText.decode(Value.self, from: text) : .null,
            text: String(decoding: text, as: UTF8.self))
    }

    func get(_ path: String) async throws -> Answer { try await send(.get, path) }

    /// Waits until the resource at `path` is no longer busy, and returns it.
    @discardableResult
    func settled(_ path: String) async throws -> Answer {
        for _ in 0..<500 {
            let answer = try await get(path)
            guard let state = answer.state.flatMap(ProvisioningState.init), state.isBusy else { return answer }
            try await Task.sleep(for: .milliseconds(5))
        }
        throw NeverSettled(path: path)
    }

    /// Waits until an instance of the deployment at `path` is ready.
    func ready(_ path: String) async throws {
        for _ in 0..<500 {
            if try await get(path).body["properties"]?["turnout"]?["ready"] == 1 { return }
            try await Task.sleep(for: .milliseconds(5))
        }
        throw NeverSettled(path: path)
    }

    struct NeverSettled: Error { var path: String }

    /// An endpoint `houses` with blue, ready, and all traffic at it.
    func makeBlueLive() async throws {
        #expect(try await send(.put, "onlineEndpoints/houses", Self.endpoint()).status == 201)
        try await settled("onlineEndpoints/houses")
        try await deploy("blue")
        let answer = try await send(.put, "onlineEndpoints/houses", Self.endpoint(traffic: ["blue": 100]))
        #expect(answer.status == 201, "\(answer.body)")
        try await settled("onlineEndpoints/houses")
    }

    func deploy(_ name: String, count: Int = 1) async throws {
        let path = "onlineEndpoints/houses/deployments/\(name)"
        let answer = try await send(.put, path, Self.deployment(count: count))
        #expect(answer.status == 201, "\(answer.body)")
        #expect(try await settled(path).state == "Succeeded")
    }

    static func endpoint(traffic: [String: Value] = [:], mirror: [String: Value] = [:]) -> Value {
        [
            "location": "local", "tags": ["team": "houses"],
            "properties": ["authMode": "Key", "traffic": .mapping(traffic), "mirrorTraffic": .mapping(mirror)],
        ]
    }

    static func deployment(count: Int = 1, profile: String = #"{"ready_after": "0s"}"#) -> Value {
        [
            "location": "local", "sku": ["name": "Default", "capacity": .integer(count)],
            "properties": [
                "endpointComputeType": "Managed", "instanceType": "Standard_DS3_v2",
                "properties": ["turnout.dev/instances": .string(#"{"simulate": \#(profile)}"#)],
            ],
        ]
    }
}
