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

/// Why there was no answer, or no more of it, in a sentence.
package struct TransportFailure: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Reason: Hashable, Sendable {
        /// Nothing listens there, or no way leads there.
        case unreachable
        /// The server did not take a connection in time.
        case notConnectedInTime
        /// The server's certificate is not trusted, or TLS was not agreed on.
        case untrusted
        /// An authority's certificate, or the client's own, cannot be read.
        case certificate
        /// The answer, or the rest of it, did not come in time.
        case timedOut
        /// The connection was cut, or the answer is not HTTP.
        case lost
        /// The answer is larger than its reader allows.
        case tooLarge
    }

    package var reason: Reason
    package var message: String

    package init(_ reason: Reason, _ message: String) {
        self.reason = reason
        self.message = message
    }

    /// Whether the request cannot have reached the server.
    package var wasNotSent: Bool {
        switch reason {
        case .unreachable, .notConnectedInTime, .untrusted, .certificate: true
        case .timedOut, .lost, .tooLarge: false
        }
    }

    package var description: String { message }
}

extension TransportFailure {
    /// Describes an error of async-http-client, or of the libraries below it.
    ///
    /// `server` is the address without its path and query, which are the caller's to name and long. `silence` is the
    /// longest time that the connection may say nothing.
    init(_ error: any Error, from server: String, timeout: Interval, silence: Interval) {
        switch error {
        case let failure as TransportFailure: self = failure
        case let error as NIOConnectionError: self = Self.notConnected(error, to: server)
        case let error as IOError where error.errnoCode == ECONNREFUSED:
            self.init(.unreachable, "nothing listens at \(server)")
        case let error as HTTPClientError where Self.connecting.contains(error):
            self.init(.notConnectedInTime, "\(server) did not take a connection in time")
        case let error as HTTPClientError where error == .deadlineExceeded:
            self.init(.timedOut, "\(server) did not answer within \(timeout)")
        case let error as HTTPClientError where error == .readTimeout:
            self.init(.timedOut, "\(server) sent nothing for \(silence)")
        case let error where Self.isOfHandshake(error):
            self.init(.untrusted, "no trusted TLS connection to \(server) is possible: \(error)")
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

    /// Whether TLS was not agreed on, so that nothing was sent; an established connection fails with other errors.
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
