internal import FoundationEssentials
internal import HTTPTransport
package import Rollouts

extension ClusterConfiguration {
    /// Loads the cluster configuration in the same way as kubectl.
    ///
    /// It uses the files in `KUBECONFIG`, else `~/.kube/config`, else, in a Pod, the cluster that the Pod runs in.
    ///
    /// - Parameters:
    ///   - environment: The environment variables, of which `KUBECONFIG`, `HOME` and those of a Pod are used.
    ///   - overrides: A context and namespace that replace those of the file.
    ///   - pod: The folder with a Pod's service account.
    ///   - parse: Parses YAML, including JSON; its errors describe the position in the text.
    /// - Returns: The cluster, the namespace and the user.
    /// - Throws: ``KubernetesError`` that says what is missing or invalid, and in which file.
    package static func load(
        environment: [String: String], _ overrides: KubeconfigOverrides = KubeconfigOverrides(),
        pod: String = PodAccount.folder, parse: (String) throws -> Value
    ) throws(KubernetesError) -> ClusterConfiguration {
        let named = (environment["KUBECONFIG"] ?? "").split(separator: ":").map(String.init)
        let usual = environment["HOME"].map { $0 + "/.kube/config" }
        let candidates = named.isEmpty ? [usual].compactMap(\.self) : named
        var kubeconfig = Kubeconfig()
        // Like kubectl, ignore files in the list that do not exist.
        for path in candidates where FileManager.default.fileExists(atPath: path) {
            try kubeconfig.add(try SecretFile.text(path), file: path, parse: parse)
        }
        guard kubeconfig.files.isEmpty else { return try kubeconfig.configuration(overrides) }
        guard named.isEmpty else {
            throw KubernetesError(
                .configuration, "KUBECONFIG is \(named.joined(separator: ":")), but no such file exists")
        }
        guard overrides.context == nil, let inside = try PodAccount(environment, folder: pod) else {
            throw KubernetesError(
                .configuration,
                "no cluster is configured: \(usual ?? "~/.kube/config") does not exist, KUBECONFIG is not set, "
                    + "and this process does not run in a Pod")
        }
        return try inside.configuration(namespace: overrides.namespace)
    }
}

/// The service account of the Pod that this process runs in.
package struct PodAccount: Sendable {
    package static let folder = "/var/run/secrets/kubernetes.io/serviceaccount"

    private let server: String
    private let folder: String

    /// Fails if this process does not run in a Pod.
    init?(_ environment: [String: String], folder: String) throws(KubernetesError) {
        guard let host = environment["KUBERNETES_SERVICE_HOST"], !host.isEmpty,
            let port = environment["KUBERNETES_SERVICE_PORT"], !port.isEmpty
        else { return nil }
        guard FileManager.default.fileExists(atPath: folder + "/token") else {
            throw KubernetesError(
                .configuration,
                "this Pod has no service account token: \(folder)/token does not exist "
                    + "(see automountServiceAccountToken)")
        }
        server = "https://\(host.contains(":") ? "[\(host)]" : host):\(port)"
        self.folder = folder
    }

    func configuration(namespace: String?) throws(KubernetesError) -> ClusterConfiguration {
        let authority = folder + "/ca.crt"
        let own = folder + "/namespace"
        let home = FileManager.default.fileExists(atPath: own) ? try SecretFile.text(own) : "default"
        return ClusterConfiguration(
            server: server,
            trust: FileManager.default.fileExists(atPath: authority)
                ? .authorities(try SecretFile.data(authority)) : .system,
            namespace: namespace ?? home, user: .init(authorization: .tokenFile(folder + "/token")),
            origin: "the service account of this Pod")
    }
}
