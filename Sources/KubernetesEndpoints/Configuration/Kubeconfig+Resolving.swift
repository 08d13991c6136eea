internal import FoundationEssentials
internal import HTTPTransport
internal import Rollouts

/// A context and namespace that replace the current ones of a kubeconfig.
package struct KubeconfigOverrides: Hashable, Sendable {
    package var context: String?
    package var namespace: String?

    package init(context: String? = nil, namespace: String? = nil) {
        self.context = context
        self.namespace = namespace
    }
}

extension Kubeconfig {
    /// The cluster, namespace and user of the selected context.
    ///
    /// - Throws: ``KubernetesError`` that says what is missing or invalid, and in which file.
    func configuration(_ overrides: KubeconfigOverrides) throws(KubernetesError) -> ClusterConfiguration {
        let places = files.joined(separator: ":")
        guard let name = overrides.context ?? currentContext else {
            throw KubernetesError(
                .configuration, "\(places) has no current context: use `kubectl config use-context` or --context")
        }
        guard let context = contexts[name] else {
            throw KubernetesError(
                .configuration, "context '\(name)' does not exist in \(places), which has \(known(contexts))")
        }
        guard let clusterName = try context.text("cluster") else {
            throw KubernetesError(.configuration, "\(context.file): context '\(name)' has no cluster")
        }
        guard let cluster = clusters[clusterName] else {
            throw KubernetesError(
                .configuration,
                "\(context.file): cluster '\(clusterName)' of context '\(name)' does not exist in \(places), which has "
                    + known(clusters))
        }
        let own = try context.text("namespace")
        let namespace = overrides.namespace ?? own ?? "default"
        let origin = "context '\(name)' of \(context.file)"
        var configuration = ClusterConfiguration(
            server: try server(of: cluster, clusterName), trust: try trust(of: cluster, clusterName),
            serverName: try cluster.text("tls-server-name"),
            namespace: namespace, origin: origin)
        configuration.context = name
        if let userName = try context.text("user") {
            guard let user = users[userName] else {
                throw KubernetesError(
                    .configuration,
                    "\(context.file): user '\(userName)' of context '\(name)' does not exist in \(places), which has "
                        + known(users))
            }
            configuration.user = try user.user(userName, of: configuration, cluster)
        }
        return configuration
    }

    private func known(_ entries: [String: Entry]) -> String {
        entries.isEmpty ? "none" : entries.keys.sorted().joined(separator: ", ")
    }

    private func server(of cluster: Entry, _ name: String) throws(KubernetesError) -> String {
        guard let text = try cluster.text("server") else {
            throw KubernetesError(.configuration, "\(cluster.file): cluster '\(name)' has no server")
        }
        if let proxy = try cluster.text("proxy-url") {
            throw KubernetesError(
                .configuration,
                "\(cluster.file): cluster '\(name)' uses the proxy \(proxy), but Turnout does not support proxies: "
                    + "remove proxy-url and use `kubectl port-forward`, a VPN or a machine with direct access")
        }
        // Like kubectl, assume http if there is no scheme.
        let address = ServerAddress(text.contains("://") ? text : "http://" + text)
        guard let address else {
            throw KubernetesError(
                .configuration,
                "\(cluster.file): the server of cluster '\(name)' is '\(text)', which is not a valid URL")
        }
        return address.with(host: address.host)
    }

    private func trust(of cluster: Entry, _ name: String) throws(KubernetesError) -> Trust {
        let data = try cluster.data("certificate-authority-data", "cluster '\(name)'")
        let path = try cluster.path("certificate-authority")
        if try cluster.flag("insecure-skip-tls-verify") {
            // client-go: "specifying a root certificates file with the insecure flag is not allowed".
            guard data == nil, path == nil else {
                throw KubernetesError(
                    .configuration,
                    "\(cluster.file): cluster '\(name)' has both a certificate-authority and insecure-skip-tls-verify")
            }
            return .unverified
        }
        if let data { return .authorities(data) }
        guard let path else { return .system }
        return .authorities(try SecretFile.data(path))
    }
}

extension Kubeconfig.Entry {
    /// The credentials of the user in this entry.
    ///
    /// As in kubectl, data takes precedence over files.
    fileprivate func user(
        _ name: String, of configuration: ClusterConfiguration, _ cluster: Kubeconfig.Entry
    ) throws(KubernetesError) -> ClusterConfiguration.User {
        let subject = "user '\(name)'"
        if let provider = value["auth-provider"]?["name"]?.string {
            throw problem(
                subject, "uses the auth-provider '\(provider)', which Kubernetes removed in 1.26: use its exec plugin")
        }
        if ["as", "as-uid", "as-groups", "as-user-extra"].contains(where: { value[$0] ?? .null != .null }) {
            throw problem(
                subject, "impersonates another user ('as'), which Turnout does not support: use another context")
        }
        var user = ClusterConfiguration.User()
        let certificates = try pem("client-certificate", subject)
        let key = try pem("client-key", subject)
        switch (certificates, key) {
        case (nil, nil): break
        case (let certificates?, let key?):
            user.identity = ClusterConfiguration.Identity(certificates: certificates, key: key)
        case (_, nil): throw problem(subject, "has a client-certificate without its client-key")
        case (nil, _): throw problem(subject, "has a client-key without its client-certificate")
        }
        let (token, account) = (try text("token"), try text("username"))
        let (file, password) = (try path("tokenFile"), try text("password"))
        if token != nil || file != nil, account != nil || password != nil {
            throw problem(subject, "has both a token and a user name with a password")
        }
        if let file {
            user.authorization = .tokenFile(file)
        } else if let token {
            user.authorization = .token(token)
        } else if let account {
            user.authorization = .password(user: account, password: password ?? "")
        } else if let exec = value["exec"], exec != .null {
            user.authorization = .plugin(try plugin(exec, subject, configuration, cluster))
        }
        return user
    }

    private func problem(_ subject: String, _ words: String) -> KubernetesError {
        KubernetesError(.configuration, "\(file): \(subject) \(words)")
    }

    private func pem(_ key: String, _ subject: String) throws(KubernetesError) -> ClusterConfiguration.PEM? {
        if let data = try data(key + "-data", subject) { return .text(data) }
        return try path(key).map { .file($0) }
    }

    private func plugin(
        _ exec: Value, _ subject: String, _ configuration: ClusterConfiguration, _ cluster: Kubeconfig.Entry
    ) throws(KubernetesError) -> CredentialPlugin {
        let entry = Kubeconfig.Entry(value: exec, file: file)
        guard let command = try entry.text("command") else {
            throw problem(subject, "has an exec plugin without a command")
        }
        let version = try entry.text("apiVersion") ?? ""
        guard CredentialPlugin.versions.contains(version) else {
            throw problem(
                subject,
                "has an exec plugin with apiVersion '\(version)', expected "
                    + CredentialPlugin.versions.joined(separator: " or "))
        }
        // A command with a slash is relative to the file's folder; any other is looked up in PATH.
        let isRelative = command.contains("/") && !command.hasPrefix("/")
        var plugin = CredentialPlugin(
            apiVersion: version, command: isRelative ? Self.path(command, from: file) : command)
        for argument in exec["args"]?.list ?? [] {
            plugin.arguments.append(try Self(value: ["argument": argument], file: file).text("argument") ?? "")
        }
        for item in exec["env"]?.list ?? [] {
            let variable = Self(value: item, file: file)
            if let name = try variable.text("name") { plugin.environment[name] = try variable.text("value") ?? "" }
        }
        plugin.installHint = try entry.text("installHint")
        if let mode = try entry.text("interactiveMode") {
            guard let known = CredentialPlugin.InteractiveMode(rawValue: mode) else {
                throw problem(
                    subject, "has an exec plugin with interactiveMode '\(mode)', expected Never, IfAvailable or Always")
            }
            plugin.interactiveMode = known
        } else if version.hasSuffix("/v1") {
            throw problem(subject, "has an exec plugin without interactiveMode, which \(version) requires")
        }
        if try entry.flag("provideClusterInfo") {
            plugin.clusterInfo = Self.clusterInfo(configuration, cluster)
        }
        return plugin
    }

    /// The cluster information for a plugin (`client.authentication.k8s.io`, `Cluster`).
    private static func clusterInfo(_ configuration: ClusterConfiguration, _ cluster: Kubeconfig.Entry) -> Value {
        var info: [String: Value] = ["server": .string(configuration.server)]
        info["tls-server-name"] = configuration.serverName.map(Value.string)
        switch configuration.trust {
        case .system, .file: break
        case .unverified: info["insecure-skip-tls-verify"] = true
        case .authorities(let pem): info["certificate-authority-data"] = .string(pem.base64EncodedString())
        }
        // The cluster's extension for plugins.
        let extensions = cluster.value["extensions"]?.list ?? []
        info["config"] =
            extensions.first { $0["name"]?.string == "client.authentication.k8s.io/exec" }?["extension"] ?? .null
        return .mapping(info)
    }
}
