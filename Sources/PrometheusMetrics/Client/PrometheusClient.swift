internal import Foundation
internal import HTTPTransport
package import Rollouts
internal import Support

/// A client for one Prometheus server's HTTP API, version 1.
///
/// A query either has an answer or fails with a ``PrometheusError/Code``; a failure is never reported as missing data.
package final class PrometheusClient: Sendable {
    package let server: PrometheusServer
    private let environment: [String: String]
    private let transport: NetworkTransport

    /// Creates a client, which does not connect yet and must be closed with ``close()``.
    ///
    /// - Parameters:
    ///   - server: The server to query.
    ///   - environment: The environment variables in which secrets are looked up.
    /// - Throws: ``PrometheusError`` if the address is invalid or the CA file cannot be read.
    package init(_ server: PrometheusServer, environment: [String: String]) throws(PrometheusError) {
        _ = try server.address(of: "query")
        self.server = server
        self.environment = environment
        var settings = NetworkTransport.Settings(trusting: server.authorityFile.map { .file($0) } ?? .system)
        settings.authoritySetting = "'ca_file' or the variable TURNOUT_PROMETHEUS_CA"
        settings.connectTimeout = server.timeout
        do {
            transport = try NetworkTransport(settings)
        } catch {
            throw PrometheusError(.configuration, error.message)
        }
    }

    /// Evaluates `query` at `time`, or now by the server's clock if `time` is `nil`.
    package func query(_ query: String, at time: Timestamp? = nil) async throws(PrometheusError) -> PrometheusAnswer {
        var fields = [("query", query), ("timeout", "\(server.timeout.milliseconds)ms")]
        if let time { fields.append(("time", time.prometheus)) }
        return try await send("query", fields)
    }

    /// Evaluates `query` from `start` to `end`, once every `step`.
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

    package func close() async { await transport.close() }

    private func send(_ function: String, _ fields: [(String, String)]) async throws(PrometheusError)
        -> PrometheusAnswer
    {
        var request = HTTPRequest(
            .post, try server.address(of: function),
            headers: [("content-type", "application/x-www-form-urlencoded"), ("accept", "application/json")],
            timeout: server.timeout)
        if let header = try server.credentials.header(environment) {
            request.headers.append(("authorization", header))
        }
        let form = fields.map { "\(PercentEncoding.encoded($0))=\(PercentEncoding.encoded($1))" }.joined(separator: "&")
        request.body = Data(form.utf8)
        let answer: BufferedResponse
        do {
            answer = try await transport.exchange(request, limit: server.responseLimit)
        } catch let failure as TransportFailure {
            throw PrometheusError(failure)
        } catch {
            throw PrometheusError(.unreachable, "the query to \(server.url) was cancelled: \(error)")
        }
        return try PrometheusAnswer(status: answer.status, body: answer.body, from: server.url)
    }
}

extension PrometheusError {
    fileprivate init(_ failure: TransportFailure) {
        let code: Code =
            switch failure.reason {
            case .unreachable, .lost: .unreachable
            case .notConnectedInTime, .timedOut: .timedOut
            case .untrusted: .untrusted
            case .tooLarge: .tooLarge
            case .certificate: .configuration
            }
        self.init(code, failure.message)
    }
}

extension PrometheusAnswer {
    /// Parses the response of the server at `url`.
    init(status: Int, body: Data, from url: String) throws(PrometheusError) {
        if status == 401 || status == 403 {
            throw PrometheusError(.unauthorized, "\(url) denied access (HTTP status \(status)); check the credentials")
        }
        let envelope: PrometheusEnvelope
        do {
            envelope = try JSONDecoder().decode(PrometheusEnvelope.self, from: body)
        } catch {
            guard (200..<300).contains(status) else {
                throw PrometheusError(.failed(status: status), "\(url) answered with HTTP status \(status)")
            }
            throw PrometheusError(.malformed, "\(url) did not respond like a Prometheus server: \(error)")
        }
        guard let data = envelope.data else {
            let words = String((envelope.error ?? "no reason given").prefix(500))
            throw PrometheusError(
                .rejected(type: envelope.errorType ?? "unknown"),
                "\(url) rejected the query (\(envelope.errorType ?? "unknown")): \(words)")
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
