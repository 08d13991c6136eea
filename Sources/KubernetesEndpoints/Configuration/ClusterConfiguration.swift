package import FoundationEssentials
package import HTTPTransport
internal import Rollouts

/// A cluster, a namespace in it, and who asks.
package struct ClusterConfiguration: Sendable {
    /// `https://HOST[:PORT][/PREFIX]`, without a slash at its end.
    package var server: String
    package var trust: Trust
    /// The name that the server's certificate must have where it is not that of the address.
    package var serverName: String?
    package var namespace: String
    package var user: User
    /// The kubeconfig's context that all this is of; nil for that of a Pod.
    package var context: String?
    /// For people: where all this stands.
    package var origin: String

    /// How the user proves who it is: by a certificate, by what stands in a header, or by both.
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

    /// What stands in the configuration itself, or in a file, which is read again from time to time: it may rotate.
    package enum PEM: Hashable, Sendable {
        case text(Data)
        case file(String)
    }

    package enum Authorization: Hashable, Sendable {
        case nothing
        case token(String)
        /// Read again from time to time.
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
    /// The address under which the server is asked: by the name that its certificate must have.
    var root: String {
        guard let address = ServerAddress(server), let serverName else { return server }
        return address.with(host: serverName)
    }

    /// A connection to the server.
    ///
    /// An API server with no news sends a bookmark every minute: after `longestSilence` it is taken for gone. Each watch
    /// has a connection of its own for minutes: with the usual eight, requests would wait behind them.
    /// - Throws: ``KubernetesError`` if the authorities' certificates cannot be read.
    func transport(longestSilence: Interval = .seconds(90)) throws(KubernetesError) -> NetworkTransport {
        var settings = NetworkTransport.Settings(trusting: trust)
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
