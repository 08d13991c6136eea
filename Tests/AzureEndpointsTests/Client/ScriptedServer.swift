import AzureEndpoints
import FoundationEssentials
import RolloutEngine
import Rollouts
import Synchronization

/// Answers requests by a script, and keeps them.
final class ScriptedServer: HTTPTransport, Sendable {
    typealias Script = @Sendable (HTTPExchange) throws -> HTTPAnswer

    private let script: Script
    private let kept = Mutex<[HTTPExchange]>([])

    init(_ script: @escaping Script) { self.script = script }

    var exchanges: [HTTPExchange] { kept.withLock { $0 } }
    var writes: [HTTPExchange] { exchanges.filter { $0.method == .put || $0.method == .delete } }

    func send(_ exchange: HTTPExchange) async throws -> HTTPAnswer {
        kept.withLock { $0.append(exchange) }
        return try script(exchange)
    }

    func close() async {}

    func client(origins: [String] = ["https://here"]) -> AzureClient {
        let rest = Mutex(origins)
        return AzureClient(workspace: .local, transport: self) {
            let origin = rest.withLock { $0.count > 1 ? $0.removeFirst() : $0[0] }
            return AzureConnection(origin: origin) { "secret-token" }
        }
    }

    func backend(_ flavour: AzureBackend.Flavour = .emulator) -> AzureBackend {
        AzureBackend(client(), flavour: flavour)
    }
}

extension HTTPAnswer {
    static func json(_ value: some Encodable, status: Int = 200, headers: [(name: String, value: String)] = []) throws
        -> HTTPAnswer
    {
        HTTPAnswer(status: status, headers: headers, body: try WireJSON.encode(value))
    }

    static func error(_ status: Int, _ code: String, _ message: String, retryAfter: String? = nil) throws -> HTTPAnswer
    {
        try json(
            ErrorAnswer(code: code, message: message), status: status,
            headers: retryAfter.map { [("Retry-After", $0)] } ?? [])
    }
}

let endpointName: Name = "houses"

let context = ChangeContext(
    run: RunID(playbook: "safe-rollout", number: 1), stage: "canary", attempt: 2, idempotencyKey: "key-1", epoch: 7)

/// An endpoint that others have given tags, traffic and a mirror.
let present = EndpointResource(
    name: "houses", location: "westeurope", tags: ["team": "homes"],
    properties: EndpointProperties(
        authMode: .key, properties: ["others": "kept"], traffic: ["blue": 100], mirrorTraffic: ["green": 10],
        provisioningState: .succeeded, scoringUri: "https://here/score"))
