internal import AsyncHTTPClient
internal import Foundation
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL
package import Rollouts
internal import Support

/// Asks one Prometheus server by its HTTP API, version 1.
///
/// An answer is had, or it is said which of ``PrometheusError/Code`` stood in the way: that is never the same as no data.
package final class PrometheusClient: Sendable {
    package let server: PrometheusServer
    private let environment: [String: String]
    private let client: HTTPClient

    /// Makes no connection yet; to be closed by ``close()``.
    ///
    /// - Parameters:
    ///   - server: Whom to ask.
    ///   - environment: Where secrets may be found.
    /// - Throws: That the address is none, or that the authorities cannot be read.
    package init(_ server: PrometheusServer, environment: [String: String]) throws(PrometheusError) {
        _ = try server.address(of: "query")
        self.server = server
        self.environment = environment
        var tls = TLSConfiguration.makeClientConfiguration()
        if let path = server.authorityFile {
            do {
                tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(path))
            } catch {
                throw PrometheusError(.configuration, "\(path): the authority's certificate cannot be read: \(error)")
            }
        }
        var configuration = HTTPClient.Configuration(tlsConfiguration: tls)
        // A redirection would get the credentials, too.
        configuration.redirectConfiguration = .disallow
        configuration.timeout.connect = .milliseconds(server.timeout.milliseconds)
        configuration.httpVersion = .http1Only
        configuration.connectionPool.retryConnectionEstablishment = false
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    /// The value of `query` at `time`; nil: now, by the server's clock.
    package func query(_ query: String, at time: Timestamp? = nil) async throws(PrometheusError) -> PrometheusAnswer {
        var fields = [("query", query), ("timeout", "\(server.timeout.milliseconds)ms")]
        if let time { fields.append(("time", time.prometheus)) }
        return try await send("query", fields)
    }

    /// The values of `query` from `start` to `end`, one every `step`.
    package func queryRange(
        _ query: String, from start: Timestamp, to end: Timestamp, step: Interval
    ) async throws(PrometheusError) -> PrometheusAnswer {
        try await send(
            "query_range",
            [
                ("query", query), ("timeout", "\(server.timeout.milliseconds)ms"), ("start", start.prometheus),
                ("end", end.prometheus), ("step", "\(step.milliseconds)ms"),
            ])
    }

    package func close() async {
        do {
            try await client.shutdown()
        } catch {
            // It was closed before: there is nothing left to close.
        }
    }

    private func send(_ function: String, _ fields: [(String, String)]) async throws(PrometheusError)
        -> PrometheusAnswer
    {
        var request = HTTPClientRequest(url: try server.address(of: function))
        request.method = .POST
        request.headers.add(name: "content-type", value: "application/x-www-form-urlencoded")
        request.headers.add(name: "accept", value: "application/json")
        if let header = try server.credentials.header(environment) {
            request.headers.add(name: "authorization", value: header)
        }
        let form = fields.map { "\(PercentEncoding.encoded($0))=\(PercentEncoding.encoded($1))" }.joined(separator: "&")
        request.body = .bytes(ByteBuffer(string: form))
        let (status, body) = try await exchange(request)
        return try PrometheusAnswer(status: status, body: body, from: server.url)
    }

    private func exchange(_ request: HTTPClientRequest) async throws(PrometheusError) -> (status: Int, body: Data) {
        do {
            let response = try await client.execute(request, timeout: .milliseconds(server.timeout.milliseconds))
            let body = try await response.body.collect(upTo: server.answerLimit)
            return (Int(response.status.code), Data(body.readableBytesView))
        } catch {
            throw failure(error)
        }
    }

    private func failure(_ error: any Error) -> PrometheusError {
        switch error {
        case let error as HTTPClientError
        where [.connectTimeout, .deadlineExceeded, .readTimeout].contains(error):
            PrometheusError(.timedOut, "\(server.url) did not answer within \(server.timeout)")
        case is NIOTooManyBytesError:
            PrometheusError(.tooLarge, "\(server.url) answered more than \(server.answerLimit) bytes")
        case is NIOSSLError, is NIOSSLExtraError:
            PrometheusError(.untrusted, "\(server.url) is not whom its certificate names: \(error)")
        case let error as IOError where error.errnoCode == ECONNREFUSED:
            PrometheusError(.unreachable, "nobody listens at \(server.url)")
        case is NIOConnectionError: PrometheusError(.unreachable, "nobody listens at \(server.url)")
        default: PrometheusError(.unreachable, "the connection to \(server.url) failed: \(error)")
        }
    }
}

extension PrometheusAnswer {
    /// Reads what the server at `url` sent.
    init(status: Int, body: Data, from url: String) throws(PrometheusError) {
        if status == 401 || status == 403 {
            throw PrometheusError(.unauthorized, "\(url) does not let this client ask (HTTP status \(status))")
        }
        let envelope: PrometheusEnvelope
        do {
            envelope = try JSONDecoder().decode(PrometheusEnvelope.self, from: body)
        } catch {
            guard (200..<300).contains(status) else {
                throw PrometheusError(.failed(status: status), "\(url) answered with HTTP status \(status)")
            }
            throw PrometheusError(.malformed, "\(url) did not answer as Prometheus does: \(error)")
        }
        guard let data = envelope.data else {
            let words = String((envelope.error ?? "no reason given").prefix(500))
            throw PrometheusError(
                .rejected(type: envelope.errorType ?? "unknown"),
                "\(url) refuses the query (\(envelope.errorType ?? "unknown")): \(words)")
        }
        self.init(result: data, warnings: envelope.warnings ?? [])
    }
}

extension Timestamp {
    /// Seconds since 1970 with three decimals.
    fileprivate var prometheus: String {
        let (seconds, rest) = milliseconds.quotientAndRemainder(dividingBy: 1000)
        return "\(seconds).\(String(1000 + rest).dropFirst())"
    }
}
