internal import Crypto
internal import FoundationEssentials
internal import NIOSSL
internal import Rollouts
internal import SwiftASN1
internal import X509

/// The emulator's private certificate authority: clients that trust `ca.pem` trust only the emulators of this folder.
struct CertificateAuthority: Sendable {
    private let certificate: Certificate
    private let key: Certificate.PrivateKey

    /// The lifetime of a new authority, and the remaining lifetime below which it is replaced.
    private static let lifetime = Interval.hours(24 * 3650)
    private static let margin = Interval.hours(24 * 730)

    /// Reads the authority, or creates one if there is none or it is about to expire.
    ///
    /// The certificate, for clients, is at `path`; its private key, readable only by its owner, is at `keyPath`.
    static func load(_ path: String, keyPath: String, now: Timestamp) throws -> CertificateAuthority {
        if let kept = try read(path, keyPath: keyPath), kept.certificate.notValidAfter > (now + margin).date {
            return kept
        }
        let made = try CertificateAuthority(now: now)
        // The key is written first: clients must never trust a certificate without a key.
        try StateFile.write(Array(made.key.serializeAsPEM().pemString.utf8), to: keyPath, secret: true)
        try StateFile.write(Array(made.certificate.serializeAsPEM().pemString.utf8), to: path)
        return made
    }

    /// Issues a certificate for a server at the loopback addresses and at `hosts`.
    func issue(hosts: [String], now: Timestamp) throws -> ServerIdentity {
        let serverKey = P256.Signing.PrivateKey()
        var names: [GeneralName] = []
        for host in ["127.0.0.1", "::1", "localhost"] + hosts {
            let name = GeneralName(host: host)
            if !names.contains(name) { names.append(name) }
        }
        let expires = min((now + ServerIdentity.lifetime).date, certificate.notValidAfter)
        let issued = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: .init(serverKey.publicKey),
            notValidBefore: (now + .hours(-1)).date, notValidAfter: expires, issuer: certificate.subject,
            subject: DistinguishedName { CommonName("Turnout local endpoints") }, signatureAlgorithm: .ecdsaWithSHA256,
            extensions: Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true))
                try ExtendedKeyUsage([.serverAuth])
                SubjectAlternativeNames(names)
                SubjectKeyIdentifier(hash: .init(serverKey.publicKey))
                AuthorityKeyIdentifier(keyIdentifier: keyIdentifier)
            },
            issuerPrivateKey: key)
        return ServerIdentity(
            certificate: try NIOSSLCertificate(bytes: Array(issued.serializeAsPEM().pemString.utf8), format: .pem),
            key: try NIOSSLPrivateKey(bytes: Array(serverKey.pemRepresentation.utf8), format: .pem),
            renewal: Timestamp(expires) + .hours(-24 * 30))
    }

    private var keyIdentifier: ArraySlice<UInt8> { SubjectKeyIdentifier(hash: certificate.publicKey).keyIdentifier }

    private init(certificate: Certificate, key: Certificate.PrivateKey) {
        self.certificate = certificate
        self.key = key
    }

    private init(now: Timestamp) throws {
        let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
        let name = try DistinguishedName {
            CommonName("Turnout local endpoints, authority \(Secrets.identifier().prefix(8))")
        }
        let certificate = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: key.publicKey, notValidBefore: (now + .hours(-1)).date,
            notValidAfter: (now + Self.lifetime).date, issuer: name, subject: name,
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                Critical(KeyUsage(keyCertSign: true, cRLSign: true))
                SubjectKeyIdentifier(hash: key.publicKey)
            },
            issuerPrivateKey: key)
        self.init(certificate: certificate, key: key)
    }

    /// Reads certificate and key; returns `nil` if one of the files is missing or they do not match.
    private static func read(_ path: String, keyPath: String) throws -> CertificateAuthority? {
        guard let key = try StateFile.read(keyPath, secret: true), let certificate = try StateFile.read(path) else {
            return nil
        }
        do {
            let authority = CertificateAuthority(
                certificate: try Certificate(pemEncoded: String(decoding: certificate, as: UTF8.self)),
                key: try Certificate.PrivateKey(pemEncoded: String(decoding: key, as: UTF8.self)))
            return authority.certificate.publicKey == authority.key.publicKey ? authority : nil
        } catch {
            throw EmulatorError(
                .storage,
                "\(path), \(keyPath): not a certificate and private key (\(error)); remove both files to get new ones")
        }
    }
}

/// A server's certificate and key, with the time of their renewal.
struct ServerIdentity: Sendable {
    var certificate: NIOSSLCertificate
    var key: NIOSSLPrivateKey
    /// 30 days before the certificate expires.
    var renewal: Timestamp

    /// Below the maximum that clients accept (825 days on Apple's systems).
    static let lifetime = Interval.hours(24 * 397)
}

extension GeneralName {
    /// An IP address, or else a DNS name.
    fileprivate init(host: String) {
        self =
            ListenAddress.bytes(of: host).map { .ipAddress(ASN1OctetString(contentBytes: $0[...])) } ?? .dnsName(host)
    }
}

extension Timestamp {
    var date: Date { Date(timeIntervalSince1970: Double(milliseconds) / 1000) }
}
