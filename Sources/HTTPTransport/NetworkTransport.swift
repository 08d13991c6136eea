internal import AsyncHTTPClient
package import FoundationEssentials
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL
package import Rollouts
internal import Synchronization

/// Whose certificates are trusted.
package enum Trust: Hashable, Sendable {
    /// Those of the authorities that the system trusts.
    case system
    /// Those of the authorities in this PEM text.
    case authorities(Data)
    /// Those of the authorities in the PEM file at this path.
    case file(String)
    /// Any: the server is not verified.
    case unverified
}

/// Requests over async-http-client: HTTP/1.1, no redirects, and no retries, about which the caller decides.
package final class NetworkTransport: Transport, Sendable {
    private let client: HTTPClient
    private let settings: Settings
    private let tls: TLSConfiguration
    /// The last identity that was parsed: reading a key for each request would cost more than the request.
    private let known = Mutex<(identity: ClientIdentity, tls: TLSConfiguration)?>(nil)

    package struct Settings: Sendable {
        package var trust: Trust
        package var connectTimeout = Interval.seconds(10)
        /// The longest time that a server may send nothing while its answer is awaited.
        package var longestSilence = Interval.minutes(20)
        /// Connections to one server at a time; further requests wait for one.
        package var connections = 8
        /// Where hosts are reached whose name is another than that of their address: name to host.
        package var addresses: [String: String] = [:]

        package init(trusting trust: Trust = .system) { self.trust = trust }
    }

    /// Requests that need no settings of their own, as a browser sends them: it follows redirects; it is never closed.
    package static let shared = NetworkTransport(HTTPClient.shared, Settings(), .makeClientConfiguration())

    private init(_ client: HTTPClient, _ settings: Settings, _ tls: TLSConfiguration) {
        self.client = client
        self.settings = settings
        self.tls = tls
    }

    /// - Throws: ``TransportFailure`` if the authorities' certificates cannot be read.
    package convenience init(_ settings: Settings = Settings()) throws(TransportFailure) {
        let tls = try TLSConfiguration(trusting: settings.trust)
        var configuration = HTTPClient.Configuration(tlsConfiguration: tls)
        // A redirect would get the credentials, too.
        configuration.redirectConfiguration = .disallow
        configuration.timeout.connect = .milliseconds(settings.connectTimeout.milliseconds)
        configuration.timeout.read = .milliseconds(settings.longestSilence.milliseconds)
        configuration.httpVersion = .http1Only
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = settings.connections
        configuration.dnsOverride = settings.addresses
        self.init(HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration), settings, tls)
    }

    package func send(_ request: HTTPRequest) async throws -> StreamedAnswer {
        var wire = HTTPClientRequest(url: request.url)
        wire.method = HTTPMethod(rawValue: request.method.rawValue)
        for header in request.headers { wire.headers.add(name: header.name, value: header.value) }
        if let body = request.body { wire.body = .bytes(ByteBuffer(bytes: body)) }
        do {
            if let identity = request.identity { wire.tlsConfiguration = try tls(for: identity) }
            let response = try await client.execute(wire, timeout: .milliseconds(request.timeout.milliseconds))
            return StreamedAnswer(
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
            // It was closed before: there is nothing left to close.
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
            throw TransportFailure(.certificate, "the client's certificate or its key cannot be read: \(error)")
        }
        let made = tls
        known.withLock { $0 = (identity, made) }
        return made
    }

    private func failure(_ error: any Error, of request: HTTPRequest) -> any Error {
        if error is CancellationError || Task.isCancelled { return CancellationError() }
        return TransportFailure(
            error, from: server(of: request), timeout: request.timeout, silence: settings.longestSilence)
    }

    /// `https://HOST[:PORT]`, by the address that is connected to.
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
    fileprivate init(trusting trust: Trust) throws(TransportFailure) {
        self = .makeClientConfiguration()
        do {
            switch trust {
            case .system: break
            case .authorities(let pem): trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(pem)))
            case .file(let path): trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(path))
            case .unverified: certificateVerification = .none
            }
        } catch {
            let place = if case .file(let path) = trust { path + ": " } else { "" }
            throw TransportFailure(.certificate, "\(place)the authority's certificate cannot be read: \(error)")
        }
    }
}
