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
package import RolloutEngine
internal import Rollouts

/// Requests over async-http-client.
package final class NetworkTransport: HTTPTransport, Sendable {
    private let client: HTTPClient

    /// Whose certificates are trusted.
    package enum Trust: Sendable {
        /// Those that the system trusts.
        case system
        /// Those of the authority in the PEM file at this path.
        case authority(path: String)
    }

    /// - Throws: ``BackendError`` where the authority's certificate can't be read.
    package init(trusting trust: Trust) throws(BackendError) {
        var tls = TLSConfiguration.makeClientConfiguration()
        if case .authority(let path) = trust {
            do {
                tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(path))
            } catch {
                throw BackendError(.storage, "\(path): the authority's certificate cannot be read: \(error)")
            }
        }
        var configuration = HTTPClient.Configuration(tlsConfiguration: tls)
        configuration.redirectConfiguration = .disallow
        configuration.timeout.connect = .seconds(10)
        configuration.httpVersion = .http1Only
        // The engine decides how often something is tried.
        configuration.connectionPool.retryConnectionEstablishment = false
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    package func send(_ exchange: HTTPExchange) async throws -> HTTPAnswer {
        var request = HTTPClientRequest(url: exchange.url)
        request.method = HTTPMethod(rawValue: exchange.method.rawValue)
        for header in exchange.headers { request.headers.add(name: header.name, value: header.value) }
        if let body = exchange.body { request.body = .bytes(ByteBuffer(bytes: body)) }
        do {
            let response = try await client.execute(
                request, timeout: .milliseconds(exchange.timeout.milliseconds))
            let body = try await response.body.collect(upTo: exchange.limit)
            return HTTPAnswer(
                status: Int(response.status.code), headers: response.headers.map { ($0.name, $0.value) },
                body: Data(body.readableBytesView))
        } catch let error as CancellationError {
            throw error
        } catch {
            if Task.isCancelled { throw CancellationError() }
            throw Self.failure(error, of: exchange)
        }
    }

    package func close() async {
        do {
            try await client.shutdown()
        } catch {
            // It was closed before: there is nothing left to close.
        }
    }

    /// The address without its path and query: they are the caller's to tell, and long.
    private static func failure(_ error: any Error, of exchange: HTTPExchange) -> TransportFailure {
        let server = exchange.url.split(separator: "/", maxSplits: 2).prefix(2).joined(separator: "//")
        switch error {
        case is NIOConnectionError:
            return TransportFailure("nobody listens at \(server)", wasNotSent: true)
        case let error as HTTPClientError where error == .connectTimeout:
            return TransportFailure("\(server) did not take a connection in time", wasNotSent: true)
        case let error as HTTPClientError where error == .deadlineExceeded || error == .readTimeout:
            return TransportFailure(
                "\(server) did not answer within \(exchange.timeout)", wasNotSent: false)
        case let error as IOError:
            return TransportFailure(
                "the connection to \(server) failed: \(error)", wasNotSent: error.errnoCode == ECONNREFUSED)
        case is NIOTooManyBytesError:
            return TransportFailure(
                "\(server) answered more than \(exchange.limit) bytes", wasNotSent: false)
        // An established connection that ends without a good-bye, too, is an error of TLS.
        case let error as NIOSSLError where error == .uncleanShutdown:
            return TransportFailure("the connection to \(server) was lost: \(error)", wasNotSent: false)
        case is NIOSSLError, is NIOSSLExtraError:
            return TransportFailure("\(server) is not whom its certificate names: \(error)", wasNotSent: true)
        default: return TransportFailure("the connection to \(server) was lost: \(error)", wasNotSent: false)
        }
    }
}
