internal import FoundationEssentials
internal import RolloutEngine
internal import Rollouts

/// The Deployment, Service and autoscaler of one deployment.
///
/// Nothing that differs from write to write (run, stage, epoch) is in the Pods' template: it would start them all again.
struct DeploymentManifest {
    var definition: DeploymentDefinition
    var endpoint: Name
    var settings: KubernetesSettings
    var image: ServedImage
    var code: CodeManifest?
    var namespace: String
    /// Which of several trials of one template the Pods are of; nil: of the first.
    var trial: String?

    var name: String { ObjectNames.object(of: definition.name, in: endpoint) }
    private var labels: [String: String] { Mark.labels(of: definition.name, in: endpoint) }

    /// What chooses the Pods, which can never change.
    static func selector(_ deployment: Name, in endpoint: Name) -> [String: String] {
        Mark.labels(of: deployment, in: endpoint).filter { [Mark.name, Mark.instance].contains($0.key) }
    }

    var scaling: Autoscaling? { Autoscaling(definition) }

    func deployment(by author: Author) throws(ManifestProblem) -> KubernetesObject {
        var spec: [String: Value] = [
            "selector": ["matchLabels": Value(strings: Self.selector(definition.name, in: endpoint))],
            "template": ["metadata": ["labels": Value(strings: templateLabels)], "spec": .mapping(podSpec)],
            // No client notices: a new Pod serves before an old one goes. Azure reserves 20 % for it.
            "strategy": ["type": "RollingUpdate", "rollingUpdate": ["maxSurge": "20%", "maxUnavailable": 0]],
            "progressDeadlineSeconds": .integer(progressDeadline), "revisionHistoryLimit": 2,
        ]
        // Where an autoscaler says how many, nobody else does.
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
        // The instance count is the least that there are.
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

    /// With a digest of all that makes Pods what they are, so that those of another version can be told from these.
    private var templateLabels: [String: String] {
        var labels = labels
        labels[Mark.template] = ([templateDigest] + [trial].compactMap(\.self)).joined(separator: "-")
        return labels
    }

    private var templateDigest: String {
        String(hexadecimalDigest(of: JSONWriter.data(.mapping(podSpec))).prefix(16))
    }

    /// A trial of its own for this change, so that its Pods are others than those that have failed.
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

    /// What a Pod has to end in: the time in which proxies hear of it, the longest request, and as much again as the
    /// first for the server itself.
    private var gracePeriod: Int {
        let request = Int((definition.requestSettings.timeout.milliseconds + 999) / 1000)
        return max(30, 2 * settings.drainSeconds + request)
    }

    /// How long without progress until the Deployment has failed: as long as the readiness probe allows a container to
    /// take for its start, and two minutes for its image; never less than Kubernetes' own ten minutes.
    private var progressDeadline: Int {
        let probe = definition.document["readiness_probe"]
        func count(_ key: String, _ usual: Int) -> Int { max(probe?[key]?.integer ?? usual, 0) }
        let start = count("initial_delay", 10) + count("period", 10) * count("failure_threshold", 30)
        return max(600, min(start, 86_400) + 120)
    }
}

extension KubernetesObject {
    /// The trial that a Deployment's Pods are of.
    var trial: String? {
        let label = self["spec", "template", "metadata", "labels", Mark.template]?.string ?? ""
        let parts = label.split(separator: "-", maxSplits: 1)
        return parts.count == 2 ? String(parts[1]) : nil
    }
}

/// Why an object cannot be made, in a sentence.
struct ManifestProblem: Error, Hashable, Sendable, CustomStringConvertible {
    var message: String
    init(_ message: String) { self.message = message }
    var description: String { message }
}

/// Texts that objects keep about themselves.
enum ManifestText {
    /// All annotations of an object may have 256 KiB (apimachinery, TotalAnnotationSizeLimitB).
    static let longest = 100 * 1024

    static func definition(_ definition: some Encodable) throws(ManifestProblem) -> String {
        let text: String
        do {
            text = try ValueCoder.text(definition)
        } catch {
            throw ManifestProblem("the definition cannot be kept as JSON: \(error)")
        }
        return try bounded(text, "the definition")
    }

    /// The object, with what is applied of its `spec` as an annotation.
    static func applied(_ object: KubernetesObject) throws(ManifestProblem) -> KubernetesObject {
        var object = object
        object.annotations[Mark.applied] = try applied(HiddenValues.hidden(inSpec: object["spec"] ?? [:]))
        return object
    }

    /// The annotation's text, of a `spec` without values.
    static func applied(_ spec: Value) throws(ManifestProblem) -> String {
        try bounded(JSONWriter.text(spec), "the object")
    }

    private static func bounded(_ text: String, _ what: String) throws(ManifestProblem) -> String {
        guard text.utf8.count <= longest else {
            throw ManifestProblem(
                "\(what) has \(text.utf8.count) bytes, and \(longest) are possible, since it is kept as an annotation")
        }
        return text
    }
}
