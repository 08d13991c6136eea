internal import FoundationEssentials
internal import RolloutEngine
internal import Rollouts

/// The Deployment, Service and autoscaler of one deployment.
///
/// The Pod template contains nothing that differs from write to write (run, stage, epoch), which would restart all
/// Pods.
struct DeploymentManifest {
    var definition: DeploymentDefinition
    var endpoint: Name
    var settings: KubernetesSettings
    var image: ServedImage
    var code: CodeManifest?
    var namespace: String
    /// Distinguishes several trials of one template; `nil` for the first.
    var trial: String?

    var name: String { ObjectNames.object(of: definition.name, in: endpoint) }
    private var labels: [String: String] { Mark.labels(of: definition.name, in: endpoint) }

    /// The labels that select the Pods, which can never change.
    static func selector(_ deployment: Name, in endpoint: Name) -> [String: String] {
        Mark.labels(of: deployment, in: endpoint).filter { [Mark.name, Mark.instance].contains($0.key) }
    }

    var scaling: Autoscaling? { Autoscaling(definition) }

    func deployment(by author: Author) throws(ManifestProblem) -> KubernetesObject {
        var spec: [String: Value] = [
            "selector": ["matchLabels": Value(strings: Self.selector(definition.name, in: endpoint))],
            "template": ["metadata": ["labels": Value(strings: templateLabels)], "spec": .mapping(podSpec)],
            // Clients notice nothing: a new Pod serves before an old one ends. Azure reserves 20 % for this.
            "strategy": ["type": "RollingUpdate", "rollingUpdate": ["maxSurge": "20%", "maxUnavailable": 0]],
            "progressDeadlineSeconds": .integer(progressDeadline), "revisionHistoryLimit": 2,
        ]
        // With an autoscaler, only the autoscaler sets the number of replicas.
        if scaling == nil { spec["replicas"] = .integer(definition.instanceCount) }
        var annotations = author.annotations
        annotations[Mark.definition] = try ManifestText.definition(definition.published)
        return try ManifestText.applied(
            KubernetesObject(
                .deployments, name: name, namespace: namespace, labels: labels, annotations: annotations,
                ["spec": .mapping(spec)]))
    }

    func service(by author: Author) throws(ManifestProblem) -> KubernetesObject {
        try ManifestText.applied(
            KubernetesObject(
                .services, name: name, namespace: namespace, labels: labels, annotations: author.annotations,
                [
                    "spec": [
                        "type": "ClusterIP",
                        "selector": Value(strings: Self.selector(definition.name, in: endpoint)),
                        "ports": [
                            [
                                "name": .string(ContainerManifest.portName), "port": .integer(Self.servicePort),
                                "protocol": "TCP", "targetPort": .string(ContainerManifest.portName),
                            ]
                        ],
                    ]
                ]))
    }

    func autoscaler(by author: Author) throws(ManifestProblem) -> KubernetesObject? {
        guard let scaling else { return nil }
        // The instance count is the minimum number of instances.
        let least = max(definition.instanceCount, scaling.counts.lowerBound)
        return try ManifestText.applied(
            KubernetesObject(
                .horizontalPodAutoscalers, name: name, namespace: namespace, labels: labels,
                annotations: author.annotations,
                [
                    "spec": [
                        "scaleTargetRef": [
                            "apiVersion": .string(ResourceType.deployments.apiVersion), "kind": "Deployment",
                            "name": .string(name),
                        ],
                        "minReplicas": .integer(least),
                        "maxReplicas": .integer(max(scaling.counts.upperBound, least)),
                        "targetCPUUtilizationPercentage": .integer(scaling.targetUtilization),
                    ]
                ]))
    }

    /// The port of every deployment's Service.
    static let servicePort = 80

    /// The labels with a digest of everything that defines the Pods, which distinguishes them from those of other
    /// versions.
    private var templateLabels: [String: String] {
        var labels = labels
        labels[Mark.template] = ([templateDigest] + [trial].compactMap(\.self)).joined(separator: "-")
        return labels
    }

    private var templateDigest: String {
        String(hexadecimalDigest(of: JSONWriter.data(.mapping(podSpec))).prefix(16))
    }

    /// A trial specific to this change, so that its Pods differ from those that failed.
    func trial(for author: Author) -> String {
        String(hexadecimalDigest(of: Data(author.context.idempotencyKey.utf8)).prefix(8))
    }

    private var podSpec: [String: Value] {
        let type = definition.instanceType.flatMap { settings.instanceTypes[$0] }
        var spec: [String: Value] = [
            "containers": [
                ContainerManifest(definition: definition, settings: settings, image: image, code: code).value
            ],
            "terminationGracePeriodSeconds": .integer(gracePeriod),
        ]
        if let selector = type?.nodeSelector, !selector.isEmpty { spec["nodeSelector"] = Value(strings: selector) }
        if let tolerations = type?.tolerations, !tolerations.isEmpty { spec["tolerations"] = .list(tolerations) }
        if let account = settings.serviceAccount { spec["serviceAccountName"] = .string(account) }
        if !settings.imagePullSecrets.isEmpty {
            spec["imagePullSecrets"] = .list(settings.imagePullSecrets.map { ["name": .string($0)] })
        }
        if let code { spec["volumes"] = [code.volume] }
        return spec
    }

    /// The seconds that a Pod has to end.
    ///
    /// They cover twice the drain time, first for the proxies and then for the server itself, and the longest request.
    private var gracePeriod: Int {
        let request = Int((definition.requestSettings.timeout.milliseconds + 999) / 1000)
        return max(30, 2 * settings.drainSeconds + request)
    }

    /// The seconds without progress after which the Deployment has failed.
    ///
    /// They cover the longest start that the readiness probe allows and two minutes for the image, but are never less
    /// than
    /// Kubernetes' default of ten minutes.
    private var progressDeadline: Int {
        let probe = definition.document["readiness_probe"]
        func count(_ key: String, _ usual: Int) -> Int { max(probe?[key]?.integer ?? usual, 0) }
        let start = count("initial_delay", 10) + count("period", 10) * count("failure_threshold", 30)
        return max(600, min(start, 86_400) + 120)
    }
}

extension KubernetesObject {
    /// The trial of a Deployment's Pods.
    var trial: String? {
        let label = self["spec", "template", "metadata", "labels", Mark.template]?.string ?? ""
        let parts = label.split(separator: "-", maxSplits: 1)
        return parts.count == 2 ? String(parts[1]) : nil
    }
}

/// Explains in a sentence why an object cannot be created.
struct ManifestProblem: Error, Hashable, Sendable, CustomStringConvertible {
    var message: String
    init(_ message: String) { self.message = message }
    var description: String { message }
}

/// Texts that objects store about themselves.
enum ManifestText {
    /// The maximum bytes of one text.
    ///
    /// All annotations of an object together may have 256 KiB (apimachinery,
    /// TotalAnnotationSizeLimitB).
    static let longest = 100 * 1024

    static func definition(_ definition: some Encodable) throws(ManifestProblem) -> String {
        let text: String
        do {
            text = try ValueCoder.text(definition)
        } catch {
            throw ManifestProblem("the definition cannot be written as JSON: \(error)")
        }
        return try bounded(text, "the definition")
    }

    /// The object with its applied `spec` as an annotation.
    static func applied(_ object: KubernetesObject) throws(ManifestProblem) -> KubernetesObject {
        var object = object
        object.annotations[Mark.applied] = try applied(HiddenValues.hidden(inSpec: object["spec"] ?? [:]))
        return object
    }

    /// The text of that annotation for a `spec` whose variables have no values.
    static func applied(_ spec: Value) throws(ManifestProblem) -> String {
        try bounded(JSONWriter.text(spec), "the object")
    }

    private static func bounded(_ text: String, _ what: String) throws(ManifestProblem) -> String {
        guard text.utf8.count <= longest else {
            throw ManifestProblem(
                "\(what) has \(text.utf8.count) bytes, but as an annotation it may have at most \(longest)")
        }
        return text
    }
}
