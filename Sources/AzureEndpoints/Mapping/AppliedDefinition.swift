internal import Rollouts

/// The definition as it was applied last, which Turnout keeps in the resource's properties.
///
/// Files say more than the wire's bodies have (paths, comments on versions, defaults written out), and a definition
/// must come back as it went. Azure says of `properties` that they "can be added, but not removed or altered";
/// whether it refuses an altered value is unknown: where it ignores it, the definition is read from the members.
enum AppliedDefinition {
    /// Without the folder of its file, which is where one machine had it.
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

    /// Nil where nothing was applied, or somebody wrote something else in its place.
    static func endpoint(in resource: EndpointResource) -> EndpointDefinition? {
        read(resource.properties.properties?[TurnoutProperty.definition])
    }

    static func deployment(in resource: DeploymentResource) -> DeploymentDefinition? {
        read(resource.properties.properties?[TurnoutProperty.definition])
    }

    private static func read<Definition: Decodable>(_ text: String?) -> Definition? {
        guard let text else { return nil }
        // Whatever else stands there is not ours, and says nothing.
        return try? JSONText.decode(Definition.self, from: text)
    }
}

extension DeploymentResource {
    /// What its instances were told to be (``TurnoutProperty/instances``); nil where that is not told, or is no JSON.
    var serving: Value? { value(of: TurnoutProperty.instances) }

    /// What was said of the Python that serves it (``TurnoutProperty/python``); nil where nothing was, or no JSON.
    var python: Value? { value(of: TurnoutProperty.python) }

    private func value(of property: String) -> Value? {
        guard let text = properties.properties?[property] else { return nil }
        // The emulator refuses what it cannot read; in the cloud the member means nothing.
        return try? JSONText.decode(Value.self, from: text)
    }
}
