internal import RolloutEngine
internal import Rollouts

/// A definition, with the places of its names.
struct PlacedDefinition<Definition> {
    var definition: Definition
    var names: [PlacedName]
}

extension NamedFiles {
    /// The endpoint that an `endpoint_file` defines, under `override` where that is given.
    mutating func endpoint(at node: Node?, override: Name?) -> PlacedDefinition<EndpointDefinition>? {
        guard let document = document(at: node, .endpointFile), let nameNode = document.root["name"],
            let written = nameNode.name
        else { return nil }
        for key in ["traffic", "mirror_traffic"] {
            guard let member = document.root.member(key), !member.value.members.isEmpty else { continue }
            report(
                "EndpointFile", Location(source: document.source, span: member.key.span),
                "\(key) cannot be set when an endpoint is created: its deployments must exist first",
                help: key == "traffic"
                    ? "remove it, and say 'all_traffic: true' in define or add a traffic stage"
                    : "remove it, and add a mirror_traffic stage")
        }
        let name = override ?? written
        let definition = EndpointDefinition(
            name: name, authMode: document.root["auth_mode"]?.scalar?.value.string ?? "key",
            document: document.root.value.setting("name", to: .string(name.text)))
        let place = PlacedName(
            name: name, what: "endpoint", location: Location(source: document.source, span: nameNode.span))
        return PlacedDefinition(definition: definition, names: [place])
    }

    /// The deployment that a `deployment_file` defines.
    ///
    /// Its `endpoint_name` must be `endpoint`, unless `override` takes its place.
    mutating func deployment(
        at node: Node?, endpoint: Name?, override: Name?, kind: EndpointKind, name given: PlacedName? = nil
    ) -> PlacedDefinition<DeploymentDefinition>? {
        guard let document = document(at: node, .deploymentFile), let nameNode = document.root["name"],
            let ownName = nameNode.name, let endpointNode = document.root["endpoint_name"],
            let written = endpointNode.name
        else { return nil }
        let root = document.root
        let name = given?.name ?? ownName
        if override == nil, let endpoint, written != endpoint {
            report(
                "EndpointName", Location(source: document.source, span: endpointNode.span),
                "deployment '\(name)' belongs to endpoint '\(written)', and the playbook's is '\(endpoint)'",
                help: "write 'endpoint_name: \(endpoint)', or override both with --endpoint")
        }
        if kind == .managed, root["instance_type"] == nil {
            report(
                "MissingKey", Location(source: document.source, span: root.headSpan),
                "a deployment of a managed endpoint has no 'instance_type'",
                help: "add 'instance_type: Standard_DS3_v2'")
        }
        let target = override ?? written
        var definition = DeploymentDefinition(
            name: name, endpoint: target, instanceType: root["instance_type"]?.scalar?.value.string,
            instanceCount: root["instance_count"]?.scalar?.value.integer ?? 1,
            requestSettings: RequestSettings(root["request_settings"]),
            document: root.value.setting("endpoint_name", to: .string(target.text)))
        if given != nil { definition.document = definition.document.setting("name", to: .string(name.text)) }
        let place =
            given
            ?? PlacedName(
                name: name, what: "deployment", location: Location(source: document.source, span: nameNode.span))
        definition.serving = serving?(name)
        if servers != nil { checkServer(of: place, in: document) }
        if digests != nil { readFiles(of: &definition, at: place, in: document, node) }
        fit(&definition, place, in: document, at: node)
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
    /// A mapping with one member replaced.
    func setting(_ key: String, to value: Value) -> Value {
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
