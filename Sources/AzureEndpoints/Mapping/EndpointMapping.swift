package import Rollouts

/// Endpoint files and the wire's bodies, in both directions.
///
/// Traffic and mirror traffic are no part of a definition: they are what changes set, and stay as they are.
package struct EndpointMapping: Sendable {
    package let workspace: WorkspaceID

    package init(workspace: WorkspaceID) { self.workspace = workspace }

    /// The body that makes `definition` so, from what is there; server's own members are kept for the reader.
    package func resource(
        for definition: EndpointDefinition, over present: EndpointResource? = nil
    ) throws(MappingProblem) -> EndpointResource {
        let document = definition.document
        let applied = present.flatMap { AppliedDefinition.endpoint(in: $0) }?.document ?? .null
        func words(_ key: String, _ present: [String: String]?) -> [String: String] {
            OwnedWords.merged(
                present, applied: applied[key]?.words ?? [:], wanted: document[key]?.words ?? [:])
        }
        var resource = present ?? EndpointResource(properties: EndpointProperties())
        resource.name = definition.name.text
        resource.tags = words("tags", present?.tags)
        if let identity = document["identity"] {
            resource.identity = .changed(present?.identity, to: Identity(document: identity)) { $0.document }
        } else {
            resource.identity = present?.identity ?? .systemAssigned
        }
        resource.properties.authMode = try AuthMode(document: definition.authMode)
        resource.properties.description = document["description"]?.string
        var properties = words("properties", present?.properties.properties)
        properties[TurnoutProperty.definition] = try AppliedDefinition.text(definition)
        resource.properties.properties = properties
        if let word = document["public_network_access"]?.string {
            resource.properties.publicNetworkAccess = word.pascalCased
        }
        if let text = document["compute"]?.string {
            resource.properties.compute = try AssetReference(.computes, in: workspace).wire(text)
        }
        return resource
    }

    /// What the endpoint's definition is: the one that was applied where it still is what is there, else what its
    /// members say.
    package func definition(of resource: EndpointResource, named name: Name) -> EndpointDefinition {
        if let applied = AppliedDefinition.endpoint(in: resource), applied.name == name, fits(applied, resource) {
            return applied
        }
        let document = document(of: resource, named: name)
        return EndpointDefinition(
            name: name, authMode: (resource.properties.authMode ?? .key).document, document: document)
    }

    /// True where `definition` is what is there; names that it does not say are somebody else's.
    func fits(_ definition: EndpointDefinition, _ resource: EndpointResource) -> Bool {
        let expected: EndpointResource
        do { expected = try self.resource(for: definition) } catch { return false }
        return DocumentFit(said: definition.document, lenient: ["identity", "compute", "public_network_access"])
            .holds(
                document(of: expected, named: definition.name), is: document(of: resource, named: definition.name))
    }

    /// The file that the members say; what is Azure's default is left out.
    func document(of resource: EndpointResource, named name: Name) -> Value {
        let properties = resource.properties
        let compute = properties.compute.map { AssetReference(.computes, in: workspace).document($0) }
        let isPublic = properties.publicNetworkAccess?.lowercased() != "disabled"
        return .present([
            "name": .string(name.text), "auth_mode": .string((properties.authMode ?? .key).document),
            "description": properties.description.flatMap { $0.isEmpty ? nil : .string($0) },
            "tags": .words(resource.tags), "identity": resource.identity?.document,
            "properties": .words(properties.properties?.filter { !$0.key.hasPrefix("turnout.dev/") }),
            "compute": compute.map(Value.string), "public_network_access": isPublic ? nil : "disabled",
        ]) ?? [:]
    }
}

extension AuthMode {
    /// As files have it.
    package var document: String {
        switch self {
        case .key: "key"
        case .amlToken: "aml_token"
        case .aadToken: "aad_token"
        }
    }

    package init(document: String) throws(MappingProblem) {
        guard let mode = Self.allCases.first(where: { $0.document == document.lowercased() }) else {
            let known = Self.allCases.map(\.document).joined(separator: ", ")
            throw MappingProblem("auth_mode is '\(document)': \(known) are possible")
        }
        self = mode
    }
}
