internal import FoundationEssentials
internal import HTTPTransport
package import Rollouts

extension ClusterConfiguration {
    /// The cluster that this environment means, as kubectl finds it: the files of `KUBECONFIG`, else
    /// `~/.kube/config`, else, in a Pod, the cluster that it runs in.
    ///
    /// - Parameters:
    ///   - environment: `KUBECONFIG`, `HOME`, and what a Pod has.
    ///   - overrides: A context and a namespace where others than the file's are meant.
    ///   - pod: The folder that a Pod finds its service account in.
    ///   - parse: Reads YAML, of which JSON is a part; throws what says where the text is wrong.
    /// - Returns: The cluster, a namespace, and who asks.
    /// - Throws: ``KubernetesError`` that says what is missing or can't be used, and in which file.
    package static func load(
        environment: [String: String], _ overrides: KubeconfigOverrides = KubeconfigOverrides(),
        pod: String = PodAccount.folder, parse: (String) throws -> Value
    ) throws(KubernetesError) -> ClusterConfiguration {
        let named = (environment["KUBECONFIG"] ?? "").split(separator: ":").map(String.init)
        let usual = environment["HOME"].map { $0 + "/.kube/config" }
        let candidates = named.isEmpty ? [usual].compactMap(\.self) : named
        var kubeconfig = Kubeconfig()
        // As kubectl: of several files, those that are not there say nothing.
        for path in candidates where FileManager.default.fileExists(atPath: path) {
            try kubeconfig.add(try SecretFile.text(path), file: path, parse: parse)
        }
        guard kubeconfig.files.isEmpty else { return try kubeconfig.configuration(overrides) }
        guard named.isEmpty else {
            throw KubernetesError(
                .configuration, "KUBECONFIG names \(named.joined(separator: ":")), and no such file is there")
        }
        guard overrides.context == nil, let inside = try PodAccount(environment, folder: pod) else {
            throw KubernetesError(
                .configuration,
                "no cluster is named: there is no \(usual ?? "~/.kube/config"), KUBECONFIG is not set, "
                    + "and this is no Pod")
        }
        return try inside.configuration(namespace: overrides.namespace)
    }
}

/// The service account of the Pod that this process runs in.
package struct PodAccount: Sendable {
    package static let folder = "/var/run/secrets/kubernetes.io/serviceaccount"

    private let server: String
    private let folder: String

    /// Nil where this is no Pod.
    init?(_ environment: [String: String], folder: String) throws(KubernetesError) {
        guard let host = environment["KUBERNETES_SERVICE_HOST"], !host.isEmpty,
            let port = environment["KUBERNETES_SERVICE_PORT"], !port.isEmpty
        else { return nil }
        guard FileManager.default.fileExists(atPath: folder + "/token") else {
            throw KubernetesError(
                .configuration,
                "this is a Pod without a service account's token: \(folder)/token is not there "
                    + "(automountServiceAccountToken)")
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
