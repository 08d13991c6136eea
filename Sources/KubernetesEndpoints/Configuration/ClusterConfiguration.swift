package import FoundationEssentials
package import HTTPTransport
internal import Rollouts

/// A cluster, a namespace in it, and the user.
package struct ClusterConfiguration: Sendable {
    /// `https://HOST[:PORT][/PREFIX]`, without a trailing slash.
    package var server: String
    package var trust: Trust
    /// The name in the server's certificate, if it differs from the host of the address.
    package var serverName: String?
    package var namespace: String
    package var user: User
    /// The kubeconfig's context; `nil` for the configuration of a Pod.
    package var context: String?
    /// The source of the configuration, for display.
    package var origin: String

    /// The user's credentials: a certificate, a header, or both.
    package struct User: Hashable, Sendable {
        package var identity: Identity?
        package var authorization: Authorization

        package init(identity: Identity? = nil, authorization: Authorization = .nothing) {
            self.identity = identity
            self.authorization = authorization
        }
    }

    package struct Identity: Hashable, Sendable {
        package var certificates: PEM
        package var key: PEM
    }

    /// PEM data in the configuration itself, or in a file that is reread periodically because it may be rotated.
    package enum PEM: Hashable, Sendable {
        case text(Data)
        case file(String)
    }

    package enum Authorization: Hashable, Sendable {
        case nothing
        case token(String)
        /// A file that is reread periodically.
        case tokenFile(String)
        case password(user: String, password: String)
        case plugin(CredentialPlugin)
    }

    package init(
        server: String, trust: Trust = .system, serverName: String? = nil, namespace: String = "default",
        user: User = User(), origin: String
    ) {
        self.server = server
        self.trust = trust
        self.serverName = serverName
        self.namespace = namespace
        self.user = user
        self.origin = origin
    }
}

extension ClusterConfiguration {
    /// The address for requests, with the host name that the server's certificate contains.
    var root: String {
        guard let address = ServerAddress(server), let serverName else { return server }
        return address.with(host: serverName)
    }

    /// A transport to the server.
    ///
    /// An idle API server sends a bookmark every minute: after `longestSilence` the connection counts as lost. Each
    /// watch
    /// occupies a connection for minutes, so the default limit of eight connections would block other requests.
    ///
    /// - Throws: ``KubernetesError`` if the CA certificates cannot be read.
    func transport(longestSilence: Interval = .seconds(90)) throws(KubernetesError) -> NetworkTransport {
        var settings = NetworkTransport.Settings(trusting: trust)
        settings.authoritySetting = context == nil ? nil : "certificate-authority in the kubeconfig"
        settings.longestSilence = longestSilence
        settings.connections = 256
        if let serverName, let address = ServerAddress(server), serverName != address.host {
            settings.addresses[serverName] = address.host
        }
        do {
            return try NetworkTransport(settings)
        } catch {
            throw KubernetesError(.configuration, "\(origin): \(error.message)")
        }
    }
}
