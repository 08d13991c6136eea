import Foundation
import NIOSSL
import Rollouts
import Testing

@testable import LocalEndpoints

@Suite("The emulator's secrets")
struct ControlSecurityTests {
    private let now = Timestamp(milliseconds: 1_790_000_000_000)

    @Test("the token is drawn once, for its owner alone")
    func token() throws {
        try ScratchFolder.with { folder in
            let path = folder + "/token"
            let token = try BearerToken.load(path)
            #expect(token.utf8.count >= 32)
            #expect(try BearerToken.load(path) == token)
            #expect(try ScratchFolder.mode(path) == 0o600)
        }
    }

    @Test("a token that others can read is refused, and says what to do", arguments: [0o640, 0o604, 0o620])
    func wideToken(mode: Int) throws {
        try ScratchFolder.with { folder in
            let path = folder + "/token"
            _ = try BearerToken.load(path)
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
            let error = #expect(throws: EmulatorError.self) { try BearerToken.load(path) }
            #expect(error?.code == .unsafe)
            #expect(error?.message.contains("remove it") == true)
        }
    }

    @Test("a token that is too short, or a symbolic link, is refused")
    func strangeToken() throws {
        try ScratchFolder.with { folder in
            try StateFile.write(Array("short\n".utf8), to: folder + "/token", secret: true)
            #expect(throws: EmulatorError.self) { try BearerToken.load(folder + "/token") }
            try FileManager.default.createSymbolicLink(
                atPath: folder + "/link", withDestinationPath: folder + "/token")
            #expect(throws: EmulatorError.self) { try BearerToken.load(folder + "/link") }
        }
    }

    @Test("digests match their own secret only")
    func digests() {
        let digest = SecretDigest("correct")
        #expect(digest.matches("correct"))
        #expect(!digest.matches("correcT") && !digest.matches("") && !digest.matches("correct "))
    }

    @Test("secrets are long, and no two are alike")
    func drawn() {
        let drawn = Set((0..<1000).map { _ in Secrets.draw() })
        #expect(drawn.count == 1000 && drawn.allSatisfy { $0.utf8.count == 43 })
    }

    @Test("the authority is kept, its key for its owner alone")
    func authority() throws {
        try ScratchFolder.with { folder in
            let (path, key) = (folder + "/ca.pem", folder + "/ca-key.pem")
            _ = try CertificateAuthority.load(path, keyPath: key, now: now)
            let first = try Data(contentsOf: URL(filePath: path))
            _ = try CertificateAuthority.load(path, keyPath: key, now: now + .hours(24 * 365))
            #expect(try Data(contentsOf: URL(filePath: path)) == first)
            #expect(try ScratchFolder.mode(key) == 0o600)
            // Seven years later less than two are left of ten... eight: it is replaced.
            _ = try CertificateAuthority.load(path, keyPath: key, now: now + .hours(24 * 365 * 9))
            #expect(try Data(contentsOf: URL(filePath: path)) != first)
        }
    }

    @Test("a key that is not the certificate's makes a new authority")
    func strangeKey() throws {
        try ScratchFolder.with { folder in
            _ = try CertificateAuthority.load(folder + "/a.pem", keyPath: folder + "/a-key.pem", now: now)
            _ = try CertificateAuthority.load(folder + "/b.pem", keyPath: folder + "/b-key.pem", now: now)
            let before = try Data(contentsOf: URL(filePath: folder + "/a.pem"))
            _ = try CertificateAuthority.load(folder + "/a.pem", keyPath: folder + "/b-key.pem", now: now)
            #expect(try Data(contentsOf: URL(filePath: folder + "/a.pem")) != before)
        }
    }

    @Test("the server's certificate is for loopback and for its host, and is replaced before it expires")
    func server() throws {
        try ScratchFolder.with { folder in
            let authority = try CertificateAuthority.load(
                folder + "/ca.pem", keyPath: folder + "/ca-key.pem", now: now)
            let identity = try authority.issue(hosts: ["192.168.1.7", "127.0.0.1", "models.example"], now: now)
            let names = identity.certificate._subjectAlternativeNames().map { Array($0.contents) }
            #expect(names.contains([127, 0, 0, 1]) && names.contains([192, 168, 1, 7]))
            #expect(names.contains(Array("localhost".utf8)) && names.contains(Array("models.example".utf8)))
            #expect(names.contains([UInt8](repeating: 0, count: 15) + [1]))
            #expect(names.count == 5)
            #expect(Int64(identity.certificate.notValidAfter) * 1000 - identity.renewal.milliseconds > 0)

            let clock = AdjustableTime(now)
            let certificates = try ServerCertificates(authority, hosts: [], now: { clock.time })
            let first = try certificates.current().certificate
            #expect(try certificates.current().certificate == first)
            clock.time = now + .hours(24 * 380)
            #expect(try certificates.current().certificate != first)
        }
    }

    @Test(
        "loopback is told from the rest",
        arguments: [
            ("127.0.0.1", true), ("127.1.2.3", true), ("::1", true), ("localhost", true), ("0.0.0.0", false),
            ("::", false),
            ("192.168.0.1", false), ("example.com", false), ("", false),
        ])
    func loopback(host: String, isLoopback: Bool) {
        #expect(ListenAddress.isLoopback(host) == isLoopback)
        #expect(((try? ListenAddress.requireLoopback(data: host)) != nil) == isLoopback)
    }
}
