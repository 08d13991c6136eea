#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif
internal import AsyncHTTPClient
internal import NIOCore
internal import NIOPosix
internal import NIOSSL
internal import Rollouts

/// Describes in a sentence why a response is missing or incomplete.
package struct TransportFailure: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Reason: Hashable, Sendable {
        /// No process listens at the address, or there is no route to it.
        case unreachable
        /// The server did not accept a connection in time.
        case notConnectedInTime
        /// The server's certificate is not trusted, or the TLS handshake failed.
        case untrusted
        /// A CA certificate or the client's own certificate or key cannot be read.
        case certificate
        /// The response, or the rest of it, did not arrive in time.
        case timedOut
        /// The connection was cut, or the response is not HTTP.
        case lost
        /// The response is larger than the reader's limit.
        case tooLarge
    }

    package var reason: Reason
    package var message: String

    package init(_ reason: Reason, _ message: String) {
        self.reason = reason
        self.message = message
    }

    /// Whether the request certainly did not reach the server.
    package var wasNotSent: Bool {
        switch reason {
        case .unreachable, .notConnectedInTime, .untrusted, .certificate: true
        case .timedOut, .lost, .tooLarge: false
        }
    }

    package var description: String { message }
}

extension TransportFailure {
    /// Describes an error of async-http-client or of the libraries below it.
    ///
    /// - Parameters:
    ///   - error: The library's error.
    ///   - server: The server's address without path and query, which are long; the caller names them if need be.
    ///   - timeout: The request's timeout.
    ///   - silence: The longest time that the server may send nothing.
    ///   - trust: The CA certificates that the server's certificate is verified against.
    ///   - setting: The names of the settings that take a CA file; `nil` if there are none.
    init(
        _ error: any Error, from server: String, timeout: Interval, silence: Interval, trusting trust: Trust = .system,
        authoritySetting setting: String? = nil
    ) {
        switch error {
        case let failure as TransportFailure: self = failure
        case let error as NIOConnectionError: self = Self.notConnected(error, to: server)
        case let error as IOError where error.errnoCode == ECONNREFUSED:
            self.init(.unreachable, "nothing listens at \(server)")
        case let error as HTTPClientError where Self.connecting.contains(error):
            self.init(.notConnectedInTime, "\(server) did not accept a connection in time")
        case let error as HTTPClientError where error == .deadlineExceeded:
            self.init(.timedOut, "\(server) did not answer within \(timeout)")
        case let error as HTTPClientError where error == .readTimeout:
            self.init(.timedOut, "\(server) sent nothing for \(silence)")
        case let error where Self.isOfHandshake(error):
            self = .handshake(error, with: server, trusting: trust, authoritySetting: setting)
        case let error as BoringSSLError where HandshakeProblem(error) == .clientCertificate:
            // In TLS 1.3 a server rejects a client's certificate only after the handshake.
            self = .handshake(error, with: server, trusting: trust, authoritySetting: setting)
            reason = .lost
        default: self.init(.lost, "the connection to \(server) was lost: \(error)")
        }
    }

    private static let connecting: [HTTPClientError] = [
        .connectTimeout, .tlsHandshakeTimeout, .getConnectionFromPoolTimeout,
    ]

    private static func notConnected(_ error: NIOConnectionError, to server: String) -> TransportFailure {
        guard let first = error.connectionErrors.first?.error else {
            return TransportFailure(.unreachable, "the host name of \(server) cannot be resolved")
        }
        let other = error.connectionErrors.map(\.error).first { ($0 as? IOError)?.errnoCode != ECONNREFUSED }
        guard let other else { return TransportFailure(.unreachable, "nothing listens at \(server)") }
        let words = ((other as? IOError) ?? (first as? IOError)).map { String(cString: strerror($0.errnoCode)) }
        return TransportFailure(.unreachable, "\(server) cannot be reached: \(words ?? "\(other)")")
    }

    /// Whether the error is of the TLS handshake, so that nothing was sent.
    ///
    /// Established connections fail with other errors.
    private static func isOfHandshake(_ error: any Error) -> Bool {
        switch error {
        case is NIOSSLExtraError: true
        case let error as NIOSSLError:
            switch error {
            case .handshakeFailed, .noCertificateToValidate, .unableToValidateCertificate: true
            default: false
            }
        default: false
        }
    }
}
