import AzureEndpoints
import FoundationEssentials
import HTTPTransport
import RolloutEngine
import Rollouts
import Synchronization

/// Answers requests by a script, and keeps them.
final class ScriptedServer: Transport, Sendable {
    typealias Script = @Sendable (HTTPRequest) throws -> BufferedResponse

    private let script: Script
    private let kept = Mutex<[HTTPRequest]>([])

    init(_ script: @escaping Script) { self.script = script }

    var exchanges: [HTTPRequest] { kept.withLock { $0 } }
    var writes: [HTTPRequest] { exchanges.filter { $0.method == .put || $0.method == .delete } }

    func send(_ exchange: HTTPRequest) async throws -> StreamedResponse {
        kept.withLock { $0.append(exchange) }
        let answer = try script(exchange)
        return StreamedResponse(status: answer.status, headers: answer.headers, body: HTTPBody([Array(answer.body)]))
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

extension BufferedResponse {
    init(status: Int, headers: [HTTPHeader] = []) { self.init(status: status, headers: headers, body: Data()) }

    static func json(_ value: some Encodable, status: Int = 200, headers: [HTTPHeader] = []) throws
        -> BufferedResponse
    {
        BufferedResponse(status: status, headers: headers, body: try JSONText.encode(value))
    }

    static func error(_ status: Int, _ code: String, _ message: String, retryAfter: String? = nil) throws
        -> BufferedResponse
    {
        try json(
            ErrorResponse(code: code, message: message), status: status,
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
