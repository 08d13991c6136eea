package import Rollouts

/// Settings that affect a definition are stored in its document, under `cluster`.
///
/// A plan therefore shows where they change, an endpoint records the settings that it was defined with, and a rollback
/// restores them. A definition without them uses the settings of the process that applies it.
extension KubernetesSettings {
    static let planned = "cluster"

    /// The endpoint's definition with its gateway, or with the route that the user owns.
    package func planned(_ definition: EndpointDefinition) -> EndpointDefinition {
        var planned: [String: Value] = [:]
        planned["gateway"] = gateway?.value
        planned["hostnames"] = gateway.flatMap { $0.hostnames.isEmpty ? nil : .list($0.hostnames.map(Value.string)) }
        planned["route"] = route.map { ["name": .string($0.name), "rule": .string("\($0.rule)")] }
        var definition = definition
        definition.document[path: [Self.planned]] = .mapping(planned)
        return definition
    }

    /// The deployment's definition with all settings that affect its Pods and are not in its file.
    package func planned(_ definition: DeploymentDefinition) -> DeploymentDefinition {
        var planned: [String: Value] = [:]
        planned["image"] = (images[definition.name] ?? image).map(Value.string)
        planned["service_account"] = serviceAccount.map(Value.string)
        if !imagePullSecrets.isEmpty { planned["image_pull_secrets"] = .list(imagePullSecrets.map(Value.string)) }
        planned["instance_type"] = definition.instanceType.flatMap { instanceTypes[$0]?.value }
        var definition = definition
        definition.document[path: [Self.planned]] = .mapping(planned)
        return definition
    }

    /// The gateway that the endpoint was planned with, else that of the settings.
    func gateway(of definition: EndpointDefinition) -> GatewayChoice? {
        guard let planned = definition.document[Self.planned] else { return gateway }
        guard let choice = planned["gateway"], let name = choice["name"]?.string else { return nil }
        return GatewayChoice(
            name: name, namespace: choice["namespace"]?.string, address: choice["address"]?.string,
            sectionName: choice["section_name"]?.string,
            hostnames: planned["hostnames"]?.list?.compactMap(\.string) ?? [])
    }

    /// The settings that the deployment was planned with, else these settings.
    func settings(of definition: DeploymentDefinition) -> KubernetesSettings {
        guard let planned = definition.document[Self.planned] else { return self }
        var settings = self
        settings.image = planned["image"]?.string
        settings.images = [:]
        settings.serviceAccount = planned["service_account"]?.string
        settings.imagePullSecrets = planned["image_pull_secrets"]?.list?.compactMap(\.string) ?? []
        if let type = definition.instanceType {
            settings.instanceTypes[type] = planned["instance_type"].map { InstanceType($0) }
        }
        return settings
    }
}

extension KubernetesSettings.GatewayChoice {
    /// The value without ``hostnames``, which are stored separately.
    fileprivate var value: Value {
        var members: [String: Value] = ["name": .string(name)]
        members["namespace"] = namespace.map(Value.string)
        members["address"] = address.map(Value.string)
        members["section_name"] = sectionName.map(Value.string)
        return .mapping(members)
    }
}

extension KubernetesSettings.InstanceType {
    fileprivate var value: Value {
        var members: [String: Value] = ["resources": resources]
        if !nodeSelector.isEmpty { members["node_selector"] = .mapping(nodeSelector.mapValues(Value.string)) }
        if !tolerations.isEmpty { members["tolerations"] = .list(tolerations) }
        return .mapping(members)
    }

    fileprivate init(_ value: Value) {
        self.init()
        resources = value["resources"] ?? [:]
        if case .mapping(let selector)? = value["node_selector"] { nodeSelector = selector.compactMapValues(\.string) }
        tolerations = value["tolerations"]?.list ?? []
    }
}
