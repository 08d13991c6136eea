internal import Rollouts

/// The container of a deployment's Pods.
///
/// Its image provides the server. Azure's inference images run `azureml-inference-server-http`, which imports the
/// script
/// `AZUREML_ENTRY_SCRIPT` from the folder `AML_APP_ROOT` and listens on port 5001. A custom image reads the same two
/// variables or contains its code. Models are not downloaded: they must be in the image or in the code.
struct ContainerManifest {
    var definition: DeploymentDefinition
    var settings: KubernetesSettings
    var image: ServedImage
    /// The code's ConfigMap and its files, if the deployment has local code.
    var code: CodeManifest?

    static let name = "inference-server"
    /// A separate folder, because some of Azure's images have their server in the parent folder.
    static let codeFolder = "/var/azureml-app/code"
    static let portName = "http"

    var value: Value {
        var members: [String: Value] = [
            "name": .string(Self.name), "image": .string(image.image),
            "ports": .list(
                ports.map { ["name": .string($0.name), "containerPort": .integer($0.port), "protocol": "TCP"] }),
            "livenessProbe": probe("liveness_probe", image.liveness, isLiveness: true),
            "readinessProbe": probe("readiness_probe", image.readiness, isLiveness: false),
        ]
        // Before version 1.30, Kubernetes has no other hook that only waits.
        if settings.drainSeconds > 0 {
            members["lifecycle"] = [
                "preStop": ["exec": ["command": ["sleep", .string("\(settings.drainSeconds)")]]]
            ]
        }
        let variables = self.variables
        if !variables.isEmpty { members["env"] = .list(variables) }
        if let resources { members["resources"] = resources }
        if code != nil {
            members["volumeMounts"] = [
                ["name": .string(CodeManifest.volume), "mountPath": .string(Self.codeFolder), "readOnly": true]
            ]
        }
        return .mapping(members)
    }

    private var ports: [(name: String, port: Int)] {
        [(Self.portName, image.scoring.port)]
    }

    /// The environment variables, sorted by name.
    ///
    /// Those of the file take precedence over those that Turnout adds.
    private var variables: [Value] {
        var variables: [String: String] = [:]
        if let code {
            variables["AML_APP_ROOT"] = Self.codeFolder
            variables["AZUREML_ENTRY_SCRIPT"] = code.script
        }
        if case .mapping(let given)? = definition.document["environment_variables"] {
            for (name, value) in given { variables[name] = value.word ?? "" }
        }
        return variables.sorted { $0.key < $1.key }.map { ["name": .string($0.key), "value": .string($0.value)] }
    }

    /// A probe with Azure's defaults: initial delay and period 10 s, timeout 2 s, 30 failures.
    private func probe(_ key: String, _ route: ServedImage.Route, isLiveness: Bool) -> Value {
        let given = definition.document[key]
        func count(_ key: String, _ usual: Int, least: Int = 1) -> Value {
            .integer(max(given?[key]?.integer ?? usual, least))
        }
        return [
            "httpGet": ["path": .string(route.path), "port": .integer(route.port), "scheme": "HTTP"],
            "initialDelaySeconds": count("initial_delay", 10, least: 0), "periodSeconds": count("period", 10),
            "timeoutSeconds": count("timeout", 2),
            // Kubernetes accepts no other value for a liveness probe.
            "successThreshold": isLiveness ? 1 : count("success_threshold", 1),
            "failureThreshold": count("failure_threshold", 30),
        ]
    }

    /// The resources of the file, merged with those of the instance type; the file's members take precedence.
    ///
    /// Requests that are not set equal the limits, as in the API server itself.
    private var resources: Value? {
        let type = definition.instanceType.flatMap { settings.instanceTypes[$0] }?.resources
        func amounts(_ part: String) -> [String: String] {
            let usual = type?[part]?.members ?? [:]
            let own = definition.document["resources"]?[part]?.members ?? [:]
            return usual.merging(own) { _, own in own }.compactMapValues(\.word)
        }
        let limits = amounts("limits")
        let requests = limits.merging(amounts("requests")) { _, own in own }
        guard !requests.isEmpty else { return nil }
        var members: [String: Value] = ["requests": Value(strings: requests)]
        if !limits.isEmpty { members["limits"] = Value(strings: limits) }
        return .mapping(members)
    }
}

extension Value {
    var members: [String: Value]? {
        guard case .mapping(let members) = self else { return nil }
        return members
    }

    /// A scalar as text.
    var word: String? {
        switch self {
        case .string(let text): text
        case .integer(let number): String(number)
        case .number(let number): String(number)
        case .bool(let flag): String(flag)
        case .null, .list, .mapping: nil
        }
    }
}
