package import Rollouts

/// Translates between endpoint files and the wire's bodies.
///
/// Traffic and mirror traffic are not part of a definition: changes set them, and they are kept.
package struct EndpointMapping: Sendable {
    package let workspace: WorkspaceID

    package init(workspace: WorkspaceID) { self.workspace = workspace }

    /// The request body that creates `definition`, or updates `present` to it.
    ///
    /// Members that only the server sets are kept for the reader.
    package func resource(
        for definition: EndpointDefinition, over present: EndpointResource? = nil
    ) throws(MappingProblem) -> EndpointResource {
        let document = definition.document
        let applied = present.flatMap { AppliedDefinition.endpoint(in: $0) }?.document ?? .null
        func words(_ key: String, _ present: [String: String]?) -> [String: String] {
            SharedStrings.merged(
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

    /// The endpoint's definition.
    ///
    /// That is the last applied definition if the resource still matches it, else one made from the resource's members.
    package func definition(of resource: EndpointResource, named name: Name) -> EndpointDefinition {
        if let applied = AppliedDefinition.endpoint(in: resource), applied.name == name, fits(applied, resource) {
            return applied
        }
        let document = document(of: resource, named: name)
        return EndpointDefinition(
            name: name, authMode: (resource.properties.authMode ?? .key).document, document: document)
    }

    /// Whether the resource matches `definition`.
    ///
    /// Names that the definition does not mention belong to other clients.
    func fits(_ definition: EndpointDefinition, _ resource: EndpointResource) -> Bool {
        let expected: EndpointResource
        do { expected = try self.resource(for: definition) } catch { return false }
        return DocumentFit(said: definition.document, lenient: ["identity", "compute", "public_network_access"])
            .holds(
                document(of: expected, named: definition.name), is: document(of: resource, named: definition.name))
    }

    /// The file that corresponds to the resource's members, without values that equal Azure's defaults.
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
    /// The mode's name in files.
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
            throw MappingProblem("auth_mode is '\(document)', expected one of \(known)")
        }
        self = mode
    }
}
