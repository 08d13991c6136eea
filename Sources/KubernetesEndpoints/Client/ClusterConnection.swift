#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif
internal import AsyncHTTPClient
internal import FoundationEssentials
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL
internal import Rollouts
internal import Synchronization

/// Requests over async-http-client, to one API server.
final class ClusterConnection: ClusterTransport, Sendable {
    private let client: HTTPClient
    private let origin: String
    private let server: String
    private let tls: TLSConfiguration
    /// The last identity that was parsed: reading a key for each request would cost more than the request.
    private let known = Mutex<(identity: ClientIdentity, tls: TLSConfiguration)?>(nil)

    /// An API server that has nothing to tell sends a bookmark every minute; after such a silence nobody is there.
    static let longestSilence = Interval.seconds(90)

    /// - Throws: ``KubernetesError`` where the authorities' certificates can't be read.
    init(_ configuration: ClusterConfiguration, longestSilence: Interval = longestSilence) throws(KubernetesError) {
        var tls = TLSConfiguration.makeClientConfiguration()
        switch configuration.trust {
        case .system: break
        case .nobodyAsked: tls.certificateVerification = .none
        case .authorities(let pem):
            do {
                tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(pem)))
            } catch {
                throw KubernetesError(
                    .configuration, "\(configuration.origin): the authority's certificate cannot be read: \(error)")
            }
        }
        var settings = HTTPClient.Configuration(tlsConfiguration: tls)
        settings.redirectConfiguration = .disallow
        settings.timeout.connect = .seconds(10)
        settings.timeout.read = .milliseconds(longestSilence.milliseconds)
        settings.httpVersion = .http1Only
        // The client above decides how often something is tried.
        settings.connectionPool.retryConnectionEstablishment = false
        // Each watch has a connection of its own for minutes: with the usual eight, requests would wait behind them.
        settings.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 256
        server = configuration.server
        let address = ServerAddress(configuration.server)
        if let name = configuration.serverName, let address, name != address.host {
            // The certificate is checked against the host of the URL; the connection goes where the real one is.
            settings.dnsOverride[name] = address.host
            origin = address.with(host: name)
        } else {
            origin = configuration.server
        }
        self.tls = tls
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: settings)
    }

    func send(_ exchange: ClusterRequest) async throws -> ClusterAnswer {
        var request = HTTPClientRequest(url: origin + exchange.path)
        request.method = HTTPMethod(rawValue: exchange.method.rawValue)
        for header in exchange.headers { request.headers.add(name: header.name, value: header.value) }
        if let body = exchange.body { request.body = .bytes(ByteBuffer(bytes: body)) }
        if let identity = exchange.identity { request.tlsConfiguration = try tls(for: identity) }
        do {
            let response = try await client.execute(request, timeout: .milliseconds(exchange.timeout.milliseconds))
            return ClusterAnswer(
                status: Int(response.status.code), headers: response.headers.map { ($0.name, $0.value) },
                body: body(of: response, to: exchange))
        } catch {
            throw failure(error, of: exchange)
        }
    }

    private func body(of response: HTTPClientResponse, to exchange: ClusterRequest) -> ClusterBody {
        ClusterBody { [self] in
            var chunks = response.body.makeAsyncIterator()
            return {
                do {
                    return try await chunks.next(isolation: #isolation).map { Array($0.readableBytesView) }
                } catch {
                    throw self.failure(error, of: exchange)
                }
            }
        }
    }

    func close() async {
        do {
            try await client.shutdown()
        } catch {
            // It was closed before: there is nothing left to close.
        }
    }

    private func tls(for identity: ClientIdentity) throws(KubernetesError) -> TLSConfiguration {
        if let known = known.withLock({ $0 }), known.identity == identity { return known.tls }
        var tls = tls
        do {
            tls.certificateChain = try NIOSSLCertificate.fromPEMBytes(Array(identity.certificates))
                .map { .certificate($0) }
            tls.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: Array(identity.key), format: .pem))
        } catch {
            throw KubernetesError(.credentials, "the client's certificate or its key cannot be read: \(error)")
        }
        let made = tls
        known.withLock { $0 = (identity, made) }
        return made
    }

    /// True where TLS was not agreed on, so that nothing was sent yet; an established connection fails otherwise.
    private static func isOfHandshake(_ error: any Error) -> Bool {
        switch error {
        case is NIOSSLExtraError: true
        case let error as NIOSSLError:
            switch error {
            case .handshakeFailed, .noCertificateToValidate, .unableToValidateCertificate: true
            default: false
            }
        case let error as HTTPClientError: error == .tlsHandshakeTimeout
        default: false
        }
    }

    private func failure(_ error: any Error, of exchange: ClusterRequest) -> any Error {
        if error is CancellationError || Task.isCancelled { return CancellationError() }
        return switch error {
        case let error as KubernetesError: error
        case is NIOConnectionError: ClusterFailure("nobody listens at \(server)", wasNotSent: true)
        case let error as HTTPClientError where error == .connectTimeout:
            ClusterFailure("\(server) did not take a connection in time", wasNotSent: true)
        case let error as HTTPClientError where error == .deadlineExceeded || error == .readTimeout:
            ClusterFailure("\(server) did not answer in time", wasNotSent: false)
        case let error as IOError where error.errnoCode == ECONNREFUSED:
            ClusterFailure("nobody listens at \(server)", wasNotSent: true)
        case let error where Self.isOfHandshake(error):
            ClusterFailure("\(server) is not whom its certificate names: \(error)", wasNotSent: true)
        default: ClusterFailure("the connection to \(server) was lost: \(error)", wasNotSent: false)
        }
    }
}

/// The parts of a server's address.
struct ServerAddress: Hashable, Sendable {
    var scheme: String
    /// Without the brackets of IPv6.
    var host: String
    var port: Int?
    /// Empty, or with a slash at its start and none at its end.
    var prefix: String

    /// Nil where the text is no `http` or `https` URL.
    init?(_ text: String) {
        guard let url = URL(string: text), let scheme = url.scheme?.lowercased(), ["http", "https"].contains(scheme),
            let host = url.host(percentEncoded: false), !host.isEmpty
        else { return nil }
        self.scheme = scheme
        self.host = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        port = url.port
        var path = url.path(percentEncoded: true)
        while path.hasSuffix("/") { path.removeLast() }
        prefix = path
    }

    func with(host: String) -> String {
        let authority = host.contains(":") ? "[\(host)]" : host
        return "\(scheme)://\(authority)\(port.map { ":\($0)" } ?? "")\(prefix)"
    }
}
