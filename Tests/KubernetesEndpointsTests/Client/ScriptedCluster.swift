import FoundationEssentials
import HTTPTransport
import KubernetesEndpoints
import Logging
import RolloutTesting
import Rollouts
import Synchronization

/// An API server that answers by a script, and keeps what it was asked.
final class ScriptedCluster: Transport, Sendable {
    typealias Script = @Sendable (HTTPRequest, _ number: Int) async throws -> StreamedResponse

    private let script: Script
    private let kept = Mutex<[HTTPRequest]>([])

    /// - Parameter script: Gets the request and how many came before it.
    init(_ script: @escaping Script) { self.script = script }

    var requests: [HTTPRequest] { kept.withLock { $0 } }

    func send(_ request: HTTPRequest) async throws -> StreamedResponse {
        let number = kept.withLock {
            $0.append(request)
            return $0.count - 1
        }
        return try await script(request, number)
    }

    func close() async {}

    func client(
        user: ClusterConfiguration.User = .init(authorization: .token("secret-token")),
        clock: ManualClock = ManualClock(), logger: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    ) throws -> KubernetesClient {
        try KubernetesClient(
            ClusterConfiguration(server: "https://cluster", namespace: "models", user: user, origin: "a test"),
            transport: self, clock: clock, pauses: Pauses { 0.5 }, logger: logger)
    }
}

extension HTTPRequest {
    /// What follows the scripted cluster's address.
    var path: String { String(url.dropFirst("https://cluster".count)) }
}

extension StreamedResponse {
    static func json(_ value: Value, status: Int = 200, headers: [HTTPHeader] = []) throws
        -> StreamedResponse
    {
        StreamedResponse(status: status, headers: headers, body: HTTPBody([Array(try JSONEncoder().encode(value))]))
    }

    /// A refusal in the server's form.
    static func refusal(
        _ code: Int, _ reason: String, _ message: String, details: Value = [:],
        headers: [HTTPHeader] = []
    ) throws -> StreamedResponse {
        try json(
            [
                "kind": "Status", "apiVersion": "v1", "status": "Failure", "message": .string(message),
                "reason": .string(reason), "details": details, "code": .integer(code),
            ], status: code, headers: headers)
    }

    static func list(_ objects: [KubernetesObject], at version: String, continuing: String? = nil) throws
        -> StreamedResponse
    {
        var metadata: [String: Value] = ["resourceVersion": .string(version)]
        metadata["continue"] = continuing.map(Value.string)
        return try json([
            "kind": "List", "apiVersion": "v1", "metadata": .mapping(metadata),
            "items": .list(objects.map(\.value)),
        ])
    }

    /// A watch that tells these events, and then ends, or fails.
    static func watch(_ events: [Value], then failure: TransportFailure? = nil) throws -> StreamedResponse {
        let lines = try events.map { Array(try JSONEncoder().encode($0)) + [UInt8(ascii: "\n")] }
        return StreamedResponse(
            status: 200,
            body: HTTPBody {
                var rest = lines.makeIterator()
                return {
                    if let line = rest.next() { return line }
                    if let failure { throw failure }
                    return nil
                }
            })
    }
}

/// A Service as the server would tell of it.
func service(
    _ name: String, version: Int, uid: String? = nil, labels: [String: String] = [:], _ spec: Value = [:]
) -> KubernetesObject {
    var object = KubernetesObject(.services, name: name, namespace: "models", labels: labels, ["spec": spec])
    object["metadata", "uid"] = .string(uid ?? "uid-\(name)")
    object.resourceVersion = String(version)
    return object
}

func event(_ type: String, _ object: KubernetesObject) -> Value { ["type": .string(type), "object": object.value] }

func bookmark(_ version: Int) -> Value {
    event("BOOKMARK", KubernetesObject(["kind": "Service", "metadata": ["resourceVersion": .string(String(version))]]))
}
