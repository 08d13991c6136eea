import AsyncHTTPClient
import Foundation
import NIOCore
import NIOSSL
import Rollouts
import Testing

@testable import HTTPTransport

@Suite("Why there is no answer")
struct TransportFailureTests {
    private static let server = "https://houses.example:8443"

    private func failure(_ error: any Error) -> TransportFailure {
        TransportFailure(error, from: Self.server, timeout: .seconds(65), silence: .seconds(90))
    }

    @Test("each error of the libraries is one sentence, and says whether the request can have arrived")
    func words() {
        let cases: [(any Error, TransportFailure.Reason, Bool, String)] = [
            (
                IOError(errnoCode: ECONNREFUSED, reason: "connect"), .unreachable, true,
                "nothing listens at \(Self.server)"
            ),
            (
                IOError(errnoCode: ECONNRESET, reason: "read"), .lost, false,
                "the connection to \(Self.server) was lost: "
            ),
            (
                HTTPClientError.connectTimeout, .notConnectedInTime, true,
                "\(Self.server) did not take a connection in time"
            ),
            (HTTPClientError.tlsHandshakeTimeout, .notConnectedInTime, true, "\(Self.server) did not take"),
            (HTTPClientError.deadlineExceeded, .timedOut, false, "\(Self.server) did not answer within 1m5s"),
            (HTTPClientError.readTimeout, .timedOut, false, "\(Self.server) sent nothing for 1m30s"),
            (HTTPClientError.remoteConnectionClosed, .lost, false, "the connection to \(Self.server) was lost: "),
            (NIOSSLError.unableToValidateCertificate, .untrusted, true, "no trusted TLS connection to \(Self.server)"),
            (NIOSSLExtraError.failedToValidateHostname, .untrusted, true, "no trusted TLS connection to"),
            // An established connection that ends without a good-bye, too, is an error of TLS.
            (NIOSSLError.uncleanShutdown, .lost, false, "the connection to \(Self.server) was lost: "),
            (NIOSSLError.readInInvalidTLSState, .lost, false, "the connection to \(Self.server) was lost: "),
        ]
        for (error, reason, wasNotSent, words) in cases {
            let failure = failure(error)
            #expect(failure.reason == reason, "\(error)")
            #expect(failure.wasNotSent == wasNotSent, "\(error)")
            #expect(failure.message.hasPrefix(words), "\(failure)")
        }
    }

    @Test("what is a failure already stays as it is")
    func kept() {
        let known = TransportFailure(.certificate, "no key")
        #expect(failure(known) == known && known.wasNotSent)
    }

    @Test("a certificate that cannot be read is named, and no connection is made")
    func certificates() async throws {
        let missing = #expect(throws: TransportFailure.self) {
            try NetworkTransport(.init(trusting: .file("/no/such/ca.pem")))
        }
        #expect(missing?.reason == .certificate)
        #expect(missing?.message.hasPrefix("/no/such/ca.pem: the authority's certificate cannot be read") == true)
        let wrong = #expect(throws: TransportFailure.self) {
            try NetworkTransport(.init(trusting: .authorities(Data("-----BEGIN CERTIFICATE-----\nno\n".utf8))))
        }
        #expect(wrong?.reason == .certificate)
        let transport = try NetworkTransport()
        let request = HTTPRequest(
            .get, "https://127.0.0.1:1", identity: ClientIdentity(certificates: Data("x".utf8), key: Data("y".utf8)))
        let identity = await #expect(throws: TransportFailure.self) { try await transport.send(request) }
        #expect(identity?.reason == .certificate)
        await transport.close()
    }
}

@Suite("Bodies of answers")
struct HTTPBodyTests {
    private let answer = StreamedAnswer(
        status: 200, headers: [("X-Kind", "a"), ("x-kind", "b")], body: HTTPBody([[1, 2], [], [3]]))

    @Test("a body is collected as a whole, up to a limit")
    func collected() async throws {
        let whole = try await answer.collect(upTo: 3, by: .now + .seconds(60))
        #expect(whole.status == 200 && whole.body == Data([1, 2, 3]) && whole["x-KIND"] == "a")
        let long = await #expect(throws: TransportFailure.self) {
            try await answer.collect(upTo: 2, by: .now + .seconds(60))
        }
        #expect(long == TransportFailure(.tooLarge, "the answer has more than 2 bytes") && long?.wasNotSent == false)
    }

    @Test("a body that is not complete in time is given up")
    func late() async throws {
        let late = await #expect(throws: TransportFailure.self) { try await answer.collect(upTo: 3, by: .now) }
        #expect(late?.reason == .timedOut)
    }

    @Test("methods that ask for no more when they are sent twice")
    func idempotent() {
        let methods: [HTTPRequest.Method] = [.get, .head, .put, .delete, .post, .patch]
        #expect(methods.map(\.isIdempotent) == [true, true, true, true, false, false])
    }
}
