internal import AsyncHTTPClient
package import FoundationEssentials
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL
package import Rollouts
internal import Synchronization

/// The certificate authorities that a connection trusts.
package enum Trust: Hashable, Sendable {
    /// The authorities in the system's trust store.
    case system
    /// The authorities in this PEM text.
    case authorities(Data)
    /// The authorities in the PEM file at this path.
    case file(String)
    /// Every certificate is accepted: the server is not verified.
    case unverified
}

/// Sends requests with async-http-client: HTTP/1.1, without redirects and retries; retrying is the caller's decision.
package final class NetworkTransport: Transport, Sendable {
    private let client: HTTPClient
    private let settings: Settings
    private let tls: TLSConfiguration
    /// The last parsed identity.
    ///
    /// Parsing a private key for each request would cost more than the request.
    private let known = Mutex<(identity: ClientIdentity, tls: TLSConfiguration)?>(nil)

    package struct Settings: Sendable {
        package var trust: Trust
        /// The names of the settings that take a CA file, for messages about certificates; `nil` if there are none.
        package var authoritySetting: String?
        package var connectTimeout = Interval.seconds(10)
        /// The longest time without any bytes from the server while a response is awaited.
        ///
        /// Default: 20 minutes.
        package var longestSilence = Interval.minutes(20)
        /// The maximum number of connections to one server.
        ///
        /// Further requests wait for a free connection. Default: 8.
        package var connections = 8
        /// Overrides of name resolution: host name to the host that is connected to.
        package var addresses: [String: String] = [:]

        package init(trusting trust: Trust = .system) { self.trust = trust }
    }

    /// A transport with default settings that follows redirects and is never closed.
    package static let shared = NetworkTransport(HTTPClient.shared, Settings(), .makeClientConfiguration())

    private init(_ client: HTTPClient, _ settings: Settings, _ tls: TLSConfiguration) {
        self.client = client
        self.settings = settings
        self.tls = tls
    }

    /// - Throws: ``TransportFailure`` if the CA certificates cannot be read.
    package convenience init(_ settings: Settings = Settings()) throws(TransportFailure) {
        let tls = try TLSConfiguration(trusting: settings.trust, namedBy: settings.authoritySetting)
        var configuration = HTTPClient.Configuration(tlsConfiguration: tls)
        // A redirect would send the credentials to another server.
        configuration.redirectConfiguration = .disallow
        configuration.timeout.connect = .milliseconds(settings.connectTimeout.milliseconds)
        configuration.timeout.read = .milliseconds(settings.longestSilence.milliseconds)
        configuration.httpVersion = .http1Only
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = settings.connections
        configuration.dnsOverride = settings.addresses
        self.init(HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration), settings, tls)
    }

    package func send(_ request: HTTPRequest) async throws -> StreamedResponse {
        var wire = HTTPClientRequest(url: request.url)
        wire.method = HTTPMethod(rawValue: request.method.rawValue)
        for header in request.headers { wire.headers.add(name: header.name, value: header.value) }
        if let body = request.body { wire.body = .bytes(ByteBuffer(bytes: body)) }
        do {
            if let identity = request.identity { wire.tlsConfiguration = try tls(for: identity) }
            let response = try await client.execute(wire, timeout: .milliseconds(request.timeout.milliseconds))
            return StreamedResponse(
                status: Int(response.status.code), headers: response.headers.map { ($0.name, $0.value) },
                body: body(of: response, to: request))
        } catch {
            throw failure(error, of: request)
        }
    }

    private func body(of response: HTTPClientResponse, to request: HTTPRequest) -> HTTPBody {
        HTTPBody { [self] in
            var chunks = response.body.makeAsyncIterator()
            return {
                do {
                    return try await chunks.next(isolation: #isolation).map { Array($0.readableBytesView) }
                } catch {
                    throw self.failure(error, of: request)
                }
            }
        }
    }

    package func close() async {
        do {
            try await client.shutdown()
        } catch {
            // It was closed earlier: there is nothing left to close.
        }
    }

    private func tls(for identity: ClientIdentity) throws(TransportFailure) -> TLSConfiguration {
        if let known = known.withLock({ $0 }), known.identity == identity { return known.tls }
        var tls = tls
        do {
            tls.certificateChain = try NIOSSLCertificate.fromPEMBytes(Array(identity.certificates))
                .map { .certificate($0) }
            tls.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: Array(identity.key), format: .pem))
        } catch {
            throw TransportFailure(
                .certificate,
                "the client certificate or its private key cannot be read: both must be PEM (TLS library: \(error))")
        }
        let made = tls
        known.withLock { $0 = (identity, made) }
        return made
    }

    private func failure(_ error: any Error, of request: HTTPRequest) -> any Error {
        if error is CancellationError || Task.isCancelled { return CancellationError() }
        return TransportFailure(
            error, from: server(of: request), timeout: request.timeout, silence: settings.longestSilence,
            trusting: settings.trust, authoritySetting: settings.authoritySetting)
    }

    /// `https://HOST[:PORT]` of the address that is connected to.
    private func server(of request: HTTPRequest) -> String {
        let origin = request.url.split(separator: "/", maxSplits: 2).prefix(2).joined(separator: "//")
        guard var parts = URLComponents(string: origin), let address = settings.addresses[parts.host ?? ""] else {
            return origin
        }
        parts.host = address.contains(":") ? "[\(address)]" : address
        return parts.string ?? origin
    }
}

extension TLSConfiguration {
    /// - Parameters:
    ///   - trust: The CA certificates to trust.
    ///   - setting: The names of the settings that take a CA file, for the message of a failure.
    /// - Throws: ``TransportFailure`` if the certificates cannot be read.
    fileprivate init(trusting trust: Trust, namedBy setting: String?) throws(TransportFailure) {
        self = .makeClientConfiguration()
        do {
            switch trust {
            case .system: break
            case .authorities(let pem): trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(pem)))
            case .file(let path): trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(path))
            case .unverified: certificateVerification = .none
            }
        } catch {
            let source = setting.map { " (set by \($0))" } ?? ""
            let words =
                if case .file(let path) = trust {
                    "the CA file \(path)\(source) cannot be read: it must be a readable file with PEM certificates"
                } else {
                    "the CA certificates\(source) cannot be read: they must be in PEM"
                }
            throw TransportFailure(.certificate, "\(words) (TLS library: \(error))")
        }
    }
}
