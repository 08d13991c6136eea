internal import NIOCore
internal import NIOSSL
internal import Rollouts
internal import Synchronization

/// The control plane's certificate, which is replaced before it expires while the server keeps running.
final class ServerCertificates: Sendable {
    private let authority: CertificateAuthority
    private let hosts: [String]
    private let now: @Sendable () -> Timestamp
    private let identity: Mutex<ServerIdentity>

    init(_ authority: CertificateAuthority, hosts: [String], now: @escaping @Sendable () -> Timestamp) throws {
        self.authority = authority
        self.hosts = hosts
        self.now = now
        identity = Mutex(try authority.issue(hosts: hosts, now: now()))
    }

    /// The certificate for new connections.
    func current() throws -> ServerIdentity {
        try identity.withLock { identity in
            if now() >= identity.renewal { identity = try authority.issue(hosts: hosts, now: now()) }
            return identity
        }
    }

    /// The TLS configuration: TLS 1.2 or later, with the certificate that is current when a connection begins.
    func configuration() throws -> TLSConfiguration {
        let first = try current()
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: [.certificate(first.certificate)], privateKey: .privateKey(first.key))
        configuration.minimumTLSVersion = .tlsv12
        configuration.sslContextCallback = { _, promise in
            promise.completeWith(
                Result {
                    let identity = try self.current()
                    var override = NIOSSLContextConfigurationOverride()
                    override.certificateChain = [.certificate(identity.certificate)]
                    override.privateKey = .privateKey(identity.key)
                    return override
                })
        }
        return configuration
    }
}
