internal import FoundationEssentials
package import HTTPTransport
package import Logging
package import RolloutEngine
internal import Rollouts
internal import Support
internal import Synchronization

/// A client for the Azure ML REST API of one workspace, which translates error responses into ``BackendError``.
///
/// An emulator may restart at another address: after a failed connection, the address is looked up again.
package final class AzureClient: Sendable {
    package let workspace: WorkspaceID
    let transport: any Transport
    private let locate: @Sendable () async throws -> AzureConnection
    private let clock: any RunClock
    private let logger: Logger
    private let known = Mutex<AzureConnection?>(nil)

    /// The API version whose routes and bodies are used.
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

    /// Sends a request, and repeats it at the new address if the server has moved.
    func send(
        _ method: HTTPRequest.Method, _ path: ResourcePath, query: [(String, String)] = [],
        headers: [HTTPHeader] = [], body: Data? = nil
    ) async throws -> BufferedResponse {
        let query = ([("api-version", Self.apiVersion)] + query)
            .map { "\($0.0)=\(PercentEncoding.encoded($0.1))" }.joined(separator: "&")
        return try await send(method, to: { "\($0)\(path)?\(query)" }, headers: headers, body: body)
    }

    /// Sends a GET to a URL from a response.
    ///
    /// The token is sent only to the same server; for other servers returns `nil`.
    func follow(_ url: String) async throws -> BufferedResponse? {
        let connection = try await connection()
        guard url.hasPrefix(connection.origin + "/") else { return nil }
        let path = url.dropFirst(connection.origin.count)
        return try await send(.get, to: { $0 + path }, headers: [], body: nil)
    }

    private func send(
        _ method: HTTPRequest.Method, to url: (String) -> String, headers: [HTTPHeader], body: Data?
    ) async throws -> BufferedResponse {
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

    /// Interprets a response at the present time.
    func verdict(_ answer: BufferedResponse) -> Verdict { Verdict(answer, now: clock.now()) }

    /// Decodes the response's body, or throws the reported error as ``BackendError``.
    func decode<Body: Decodable>(_ type: Body.Type, _ answer: BufferedResponse) throws(BackendError) -> Body {
        switch verdict(answer) {
        case .missing(let error), .changedMeanwhile(let error), .failed(let error): throw error
        case .done: break
        }
        do {
            return try JSONText.decode(type, from: answer.body)
        } catch {
            throw BackendError(.unavailable, "the server's response has an unexpected form: \(error)")
        }
    }
}

extension NetworkTransport {
    /// A transport for Azure's REST API.
    ///
    /// - Parameters:
    ///   - trust: The CA certificates to trust.
    ///   - setting: The names of the settings that take a CA file, for messages; `nil` if there are none.
    /// - Returns: The transport.
    /// - Throws: ``BackendError`` if the CA certificates cannot be read.
    package static func trusting(_ trust: Trust, setBy setting: String? = nil) throws(BackendError) -> NetworkTransport
    {
        do {
            var settings = Settings(trusting: trust)
            settings.authoritySetting = setting
            return try NetworkTransport(settings)
        } catch {
            throw BackendError(.storage, error.message)
        }
    }
}
