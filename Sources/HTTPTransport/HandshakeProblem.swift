internal import NIOSSL

/// A reason why no TLS connection was established, as far as the TLS library reports it.
enum HandshakeProblem: Hashable, Sendable {
    /// The certificate does not list the host's name.
    case otherName
    /// The certificate is expired, not valid yet, or not issued by a trusted authority; the library does not say which.
    case unverified
    /// The server does not speak TLS on this port.
    case notTLS
    /// Client and server have no TLS version or cipher in common.
    case noCommonParameters
    /// The server closed the connection during the handshake.
    case closed
    /// The server rejects the client's certificate, or requires one.
    case clientCertificate
    case other

    init(_ error: any Error) {
        if let error = error as? NIOSSLExtraError {
            self = error == .failedToValidateHostname || error == .serverHostnameImpossibleToMatch ? .otherName : .other
            return
        }
        switch error as? NIOSSLError {
        case .noCertificateToValidate?, .unableToValidateCertificate?: self = .unverified
        default: self.init(text: "\(error)")
        }
    }

    /// Finds the name of BoringSSL's reason in an error's description, the only place where NIOSSL reports it.
    private init(text: String) {
        self = Self.reasons.first { text.contains($0.name) }?.problem ?? .other
    }

    private static let reasons: [(name: String, problem: Self)] = [
        ("CERTIFICATE_VERIFY_FAILED", .unverified),
        ("WRONG_VERSION_NUMBER", .notTLS),
        ("ALERT_PROTOCOL_VERSION", .noCommonParameters),
        ("UNSUPPORTED_PROTOCOL", .noCommonParameters),
        ("ALERT_HANDSHAKE_FAILURE", .noCommonParameters),
        ("EOF during handshake", .closed),
        ("ALERT_CERTIFICATE_", .clientCertificate),
        ("ALERT_BAD_CERTIFICATE", .clientCertificate),
        ("ALERT_NO_CERTIFICATE", .clientCertificate),
        ("ALERT_UNSUPPORTED_CERTIFICATE", .clientCertificate),
        ("ALERT_UNKNOWN_CA", .clientCertificate),
    ]
}

extension TransportFailure {
    /// Explains why no TLS connection was established and what to do about it, followed by the TLS library's own text.
    ///
    /// - Parameters:
    ///   - error: The TLS library's error.
    ///   - server: The server's address without path and query.
    ///   - trust: The CA certificates that the server's certificate was verified against.
    ///   - setting: The names of the settings that take a CA file; `nil` if there are none.
    /// - Returns: A failure with the reason ``Reason/untrusted``.
    static func handshake(
        _ error: any Error, with server: String, trusting trust: Trust, authoritySetting setting: String?
    ) -> TransportFailure {
        let words =
            switch HandshakeProblem(error) {
            case .otherName:
                "the certificate of \(server) is not valid for this host name; use a name that the certificate lists, "
                    + "or have the certificate issued again with this name"
            case .unverified:
                "the certificate of \(server) cannot be verified: it is expired, not valid yet, or not issued by "
                    + "\(trust.authorities); \(trust.advice(setting))"
            case .notTLS: "\(server) does not answer with TLS; check the port, and whether the server expects http"
            case .noCommonParameters: "\(server) and this client have no TLS version or cipher in common"
            case .closed:
                "\(server) closed the connection during the TLS handshake; check that this port serves https"
            case .clientCertificate:
                "\(server) rejects this client's certificate, or requires one; check the client certificate and its key"
            case .other: "the TLS handshake with \(server) failed"
            }
        return TransportFailure(.untrusted, "\(words) (TLS library: \(error))")
    }
}

extension Trust {
    fileprivate var authorities: String {
        switch self {
        case .system, .unverified: "a CA that this machine trusts"
        case .authorities: "the configured CA"
        case .file(let path): "a CA in \(path)"
        }
    }

    fileprivate func advice(_ setting: String?) -> String {
        if let setting { return "if a private CA issued it, set \(setting) to a PEM file with that CA's certificate" }
        guard case .system = self else { return "check that this is the intended server" }
        return "if a private CA issued it, add that CA's certificate to the system's trust store"
    }
}
