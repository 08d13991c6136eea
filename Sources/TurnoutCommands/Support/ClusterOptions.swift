internal import ArgumentParser

/// Which cluster, for the backend `kubernetes`; what a playbook says of it counts less.
struct ClusterOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Kubernetes: a kubeconfig, instead of KUBECONFIG's.", valueName: "file"))
    var kubeconfig: String?

    @Option(
        help: ArgumentHelp("Kubernetes: a context of the kubeconfig, instead of its current one.", valueName: "name"))
    var context: String?

    @Option(help: ArgumentHelp("Kubernetes: the namespace, instead of the context's.", valueName: "name"))
    var namespace: String?

    /// As members of `backends.kubernetes`.
    var settings: [String: String] {
        let given = [("kubeconfig", kubeconfig), ("context", context), ("namespace", namespace)]
        return Dictionary(uniqueKeysWithValues: given.compactMap { key, text in text.map { (key, $0) } })
    }
}
