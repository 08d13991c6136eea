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
                "\(Self.server) did not accept a connection in time"
            ),
            (HTTPClientError.tlsHandshakeTimeout, .notConnectedInTime, true, "\(Self.server) did not accept"),
            (HTTPClientError.deadlineExceeded, .timedOut, false, "\(Self.server) did not answer within 1m5s"),
            (HTTPClientError.readTimeout, .timedOut, false, "\(Self.server) sent nothing for 1m30s"),
            (HTTPClientError.remoteConnectionClosed, .lost, false, "the connection to \(Self.server) was lost: "),
            (NIOSSLError.unableToValidateCertificate, .untrusted, true, "the certificate of \(Self.server) cannot be"),
            (NIOSSLExtraError.failedToValidateHostname, .untrusted, true, "the certificate of \(Self.server) is not"),
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

    /// An error whose description contains BoringSSL's reason, as NIOSSL's do.
    private struct LibraryError: Error, CustomStringConvertible {
        let description: String
    }

    @Test(
        "a failed handshake says what is wrong and what to do, and ends with the library's text",
        arguments: [
            (
                "CERTIFICATE_VERIFY_FAILED at ssl.cc:1",
                "not issued by a CA in /ca.pem; if a private CA issued it, set X"
            ),
            ("WRONG_VERSION_NUMBER at ssl.cc:1", "does not answer with TLS; check the port"),
            ("TLSV1_ALERT_PROTOCOL_VERSION at ssl.cc:1", "no TLS version or cipher in common"),
            ("TLSV1_ALERT_CERTIFICATE_REQUIRED at ssl.cc:1", "rejects this client's certificate, or requires one"),
            ("[Error:  EOF during handshake]", "closed the connection during the TLS handshake"),
            ("something else", "the TLS handshake with https"),
        ])
    func handshake(_ text: String, _ words: String) {
        let failure = TransportFailure.handshake(
            LibraryError(description: text), with: Self.server, trusting: .file("/ca.pem"), authoritySetting: "X")
        #expect(failure.reason == .untrusted)
        #expect(failure.message.contains(words), "\(failure)")
        #expect(failure.message.contains(Self.server) && failure.message.hasSuffix(" (TLS library: \(text))"))
    }

    @Test("without a setting for a CA file, a certificate that is not trusted points to the system's trust store")
    func withoutSetting() {
        let message = failure(NIOSSLError.unableToValidateCertificate).message
        #expect(message.contains("not issued by a CA that this machine trusts"))
        #expect(message.contains("add that CA's certificate to the system's trust store"))
        let server = TransportFailure.handshake(
            NIOSSLError.unableToValidateCertificate, with: Self.server, trusting: .file("/ca.pem"),
            authoritySetting: nil)
        #expect(server.message.contains("check that this is the intended server"))
    }

    @Test("a certificate that cannot be read is named, and no connection is made")
    func certificates() async throws {
        let missing = #expect(throws: TransportFailure.self) {
            try NetworkTransport(.init(trusting: .file("/no/such/ca.pem")))
        }
        #expect(missing?.reason == .certificate)
        #expect(missing?.message.hasPrefix("the CA file /no/such/ca.pem cannot be read") == true)
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
    private let answer = StreamedResponse(
        status: 200, headers: [("X-Kind", "a"), ("x-kind", "b")], body: HTTPBody([[1, 2], [], [3]]))

    @Test("a body is collected as a whole, up to a limit")
    func collected() async throws {
        let whole = try await answer.collect(upTo: 3, by: .now + .seconds(60))
        #expect(whole.status == 200 && whole.body == Data([1, 2, 3]) && whole["x-KIND"] == "a")
        let long = await #expect(throws: TransportFailure.self) {
            try await answer.collect(upTo: 2, by: .now + .seconds(60))
        }
        #expect(long == TransportFailure(.tooLarge, "the response has more than 2 bytes") && long?.wasNotSent == false)
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
