internal import Rollouts

/// Stores the last applied definition in the resource's properties.
///
/// Files contain more than the wire's bodies (paths, comments on versions, explicit defaults), and a definition must be
/// read back exactly as it was applied. According to Azure, `properties` "can be added, but not removed or altered".
/// Whether it rejects an altered value is unknown; if it ignores it, the definition is read from the members instead.
enum AppliedDefinition {
    /// The definition as JSON, without its file's folder, which is specific to one machine.
    static func text(_ definition: DeploymentDefinition) throws(MappingProblem) -> String {
        var kept = definition
        kept.folder = nil
        return try text(kept as any Encodable)
    }

    static func text(_ definition: any Encodable) throws(MappingProblem) -> String {
        do {
            return try JSONText.line(definition)
        } catch {
            throw MappingProblem("the definition cannot be written as JSON: \(error)")
        }
    }

    /// The last applied definition; `nil` if there is none or another client replaced it.
    static func endpoint(in resource: EndpointResource) -> EndpointDefinition? {
        read(resource.properties.properties?[TurnoutProperty.definition])
    }

    static func deployment(in resource: DeploymentResource) -> DeploymentDefinition? {
        read(resource.properties.properties?[TurnoutProperty.definition])
    }

    private static func read<Definition: Decodable>(_ text: String?) -> Definition? {
        guard let text else { return nil }
        // Any other text was not written by Turnout and is ignored.
        return try? JSONText.decode(Definition.self, from: text)
    }
}

extension DeploymentResource {
    /// The servers of its instances (``TurnoutProperty/instances``); `nil` if absent or not JSON.
    var serving: Value? { value(of: TurnoutProperty.instances) }

    /// The settings of the Python that serves it (``TurnoutProperty/python``); `nil` if absent or not JSON.
    var python: Value? { value(of: TurnoutProperty.python) }

    private func value(of property: String) -> Value? {
        guard let text = properties.properties?[property] else { return nil }
        // The emulator rejects invalid values; in the cloud the property has no effect.
        return try? JSONText.decode(Value.self, from: text)
    }
}
