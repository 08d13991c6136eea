internal import FoundationEssentials
package import HTTPTransport
package import Logging
package import RolloutEngine
internal import Rollouts
internal import Support
internal import Synchronization

/// The Azure ML REST API of one workspace: sends requests, reads answers, and makes errors of refusals.
///
/// An emulator may be started again at another address: after a failed connection the address is asked for again.
package final class AzureClient: Sendable {
    package let workspace: WorkspaceID
    let transport: any Transport
    private let locate: @Sendable () async throws -> AzureConnection
    private let clock: any RunClock
    private let logger: Logger
    private let known = Mutex<AzureConnection?>(nil)

    /// The version whose routes and bodies are used.
    static let apiVersion = "2024-04-01"

    package init(
        workspace: WorkspaceID, transport: any Transport, clock: any RunClock = SystemClock(),
        logger: Logger = Logger(label: "turnout.azure"), locate: @escaping @Sendable () async throws -> AzureConnection
    ) {
        self.workspace = workspace
        self.transport = transport
        self.clock = clock
        self.logger = logger
        self.locate = locate
    }

    package func close() async { await transport.close() }

    /// Sends a request, and again to a new address where the old one is not there any more.
    func send(
        _ method: HTTPRequest.Method, _ path: ResourcePath, query: [(String, String)] = [],
        headers: [HTTPHeader] = [], body: Data? = nil
    ) async throws -> WholeAnswer {
        let query = ([("api-version", Self.apiVersion)] + query)
            .map { "\($0.0)=\(PercentEncoding.encoded($0.1))" }.joined(separator: "&")
        return try await send(method, to: { "\($0)\(path)?\(query)" }, headers: headers, body: body)
    }

    /// As above, for an address that an answer named: only what is at the same server gets the token.
    func follow(_ url: String) async throws -> WholeAnswer? {
        let connection = try await connection()
        guard url.hasPrefix(connection.origin + "/") else { return nil }
        let path = url.dropFirst(connection.origin.count)
        return try await send(.get, to: { $0 + path }, headers: [], body: nil)
    }

    private func send(
        _ method: HTTPRequest.Method, to url: (String) -> String, headers: [HTTPHeader], body: Data?
    ) async throws -> WholeAnswer {
        var connection = try await connection()
        while true {
            let token = try await connection.token()
            var headers = headers + [("Authorization", "Bearer \(token)"), ("Accept", "application/json")]
            if body != nil { headers.append(("Content-Type", "application/json")) }
            let request = HTTPRequest(method, url(connection.origin), headers: headers, body: body)
            do {
                let answer = try await transport.exchange(request)
                logger.trace(
                    "answered",
                    metadata: ["method": "\(method.rawValue)", "url": "\(request.url)", "status": "\(answer.status)"])
                return answer
            } catch let failure as TransportFailure {
                logger.debug("not answered", metadata: ["url": "\(request.url)", "failure": "\(failure)"])
                known.withLock { $0 = nil }
                let next = try await self.connection()
                guard next.origin != connection.origin, failure.wasNotSent || method.isIdempotent else {
                    throw BackendError(.unavailable, failure.message)
                }
                connection = next
            }
        }
    }

    private func connection() async throws -> AzureConnection {
        if let connection = known.withLock({ $0 }) { return connection }
        let connection = try await locate()
        known.withLock { $0 = connection }
        return connection
    }

    /// What the answer means, now.
    func verdict(_ answer: WholeAnswer) -> Verdict { Verdict(answer, now: clock.now()) }

    /// The answer's body; throws what is wrong with it as ``BackendError``.
    func decode<Body: Decodable>(_ type: Body.Type, _ answer: WholeAnswer) throws(BackendError) -> Body {
        switch verdict(answer) {
        case .missing(let error), .changedMeanwhile(let error), .failed(let error): throw error
        case .done: break
        }
        do {
            return try JSONText.decode(type, from: answer.body)
        } catch {
            throw BackendError(.unavailable, "the server's answer is not what it should be: \(error)")
        }
    }
}

extension NetworkTransport {
    /// A transport for Azure's REST API.
    /// - Throws: ``BackendError`` if the authority's certificate cannot be read.
    package static func trusting(_ trust: Trust) throws(BackendError) -> NetworkTransport {
        do {
            return try NetworkTransport(Settings(trusting: trust))
        } catch {
            throw BackendError(.storage, error.message)
        }
    }
}
