internal import RolloutEngine
package import Rollouts

/// A definition and the locations of its names.
struct PlacedDefinition<Definition> {
    var definition: Definition
    var names: [PlacedName]
}

extension NamedFiles {
    /// Reads the endpoint that an `endpoint_file` defines.
    mutating func endpoint(
        at node: Node?, _ overrides: FileOverrides, kind: EndpointKind
    ) -> PlacedDefinition<EndpointDefinition>? {
        guard let document = endpointFile(at: node, overrides, kind: kind), let nameNode = document.root["name"],
            let name = nameNode.name
        else { return nil }
        for key in ["traffic", "mirror_traffic"] {
            guard let written = self.document(at: node), let member = written.root.member(key),
                !member.value.members.isEmpty
            else { continue }
            findings.append(
                Finding(
                    .warning, "EndpointFile", at: Location(source: written.source, span: member.key.span),
                    "\(key) of an endpoint file is not used: the playbook's stages set it",
                    help: key == "traffic"
                        ? "remove it; 'all_traffic: true' in define, or a traffic stage, sets traffic"
                        : "remove it; a mirror_traffic stage sets mirror traffic"))
        }
        let definition = EndpointDefinition(
            name: name, authMode: document.root["auth_mode"]?.scalar?.value.string ?? "key",
            document: document.root.value)
        let place = PlacedName(name: name, what: "endpoint", location: location(nameNode, in: document))
        return PlacedDefinition(definition: definition, names: [place])
    }

    /// Reads the deployment that a `deployment_file` defines.
    ///
    /// Its `endpoint_name` must be the playbook's endpoint, unless the command line names another.
    mutating func deployment(
        at node: Node?, _ overrides: FileOverrides, kind: EndpointKind
    ) -> PlacedDefinition<DeploymentDefinition>? {
        guard let document = deploymentFile(at: node, overrides, kind: kind), let nameNode = document.root["name"],
            let name = nameNode.name, let endpointNode = document.root["endpoint_name"], let target = endpointNode.name
        else { return nil }
        let root = document.root
        if let endpoint = overrides.defaultEndpoint, target != overrides.endpoint ?? endpoint {
            report(
                "EndpointName", location(endpointNode, in: document),
                "deployment '\(name)' belongs to endpoint '\(target)', but the playbook's endpoint is '\(endpoint)'",
                help: "write 'endpoint_name: \(endpoint)' or remove the line, or override both with --endpoint")
        }
        if kind == .managed, root["instance_type"] == nil, root["type"]?.scalar?.text == "kubernetes" {
            report(
                "InstanceType", Location(source: document.source, span: root.headSpan),
                "a deployment of a managed endpoint has no 'instance_type'",
                help: "add 'instance_type: Standard_DS3_v2'")
        }
        var definition = DeploymentDefinition(
            name: name, endpoint: target, instanceType: root["instance_type"]?.scalar?.value.string,
            instanceCount: root["instance_count"]?.scalar?.value.integer ?? 1,
            requestSettings: RequestSettings(root["request_settings"]), document: root.value)
        let place = PlacedName(
            name: name, what: "deployment", location: location(nameNode, in: document))
        if let count = overrides.instanceCount {
            definition.instanceCount = count
            definition.document = definition.document.setting("instance_count", to: .integer(count))
        }
        complete(&definition, at: place, in: document, node)
        return PlacedDefinition(definition: definition, names: [place])
    }
}

extension RequestSettings {
    fileprivate init(_ node: Node?) {
        self.init()
        func number(_ key: String) -> Int? { node?[key]?.scalar?.value.integer }
        if let milliseconds = number("request_timeout_ms") { timeout = .milliseconds(Int64(milliseconds)) }
        if let count = number("max_concurrent_requests_per_instance") { maxConcurrentRequestsPerInstance = count }
        if let milliseconds = number("max_queue_wait_ms") { maxQueueWait = .milliseconds(Int64(milliseconds)) }
    }
}

extension Value {
    /// Returns the mapping with one member replaced.
    package func setting(_ key: String, to value: Value) -> Value {
        guard case .mapping(var members) = self else { return self }
        members[key] = value
        return .mapping(members)
    }
}

extension Node {
    /// The name that a scalar holds.
    var name: Name? {
        guard let text = scalar?.value.scalarText, !text.isEmpty else { return nil }
        return Name(text)
    }
}
