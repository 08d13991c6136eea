internal import AzureEndpoints
internal import Rollouts

extension Value {
    /// Returns the document with a JSON merge patch (RFC 7396) applied: members that are null in the patch are removed.
    func merged(with patch: Value) -> Value {
        guard case .mapping(let changes) = patch else { return patch }
        var members: [String: Value] = [:]
        if case .mapping(let present) = self { members = present }
        for (key, change) in changes {
            members[key] = change == .null ? nil : (members[key] ?? .null).merged(with: change)
        }
        return .mapping(members)
    }
}

extension EndpointResource {
    func merged(with patch: Value) throws -> EndpointResource { try LocalEndpoints.merged(self, with: patch) }
}

extension DeploymentResource {
    func merged(with patch: Value) throws -> DeploymentResource { try LocalEndpoints.merged(self, with: patch) }
}

private func merged<Resource: Codable>(_ resource: Resource, with patch: Value) throws -> Resource {
    guard case .mapping = patch else { throw ControlError.badArgument("the body must be an object") }
    let document = try JSONText.decode(Value.self, from: try JSONText.encode(resource))
    return try JSONBody.decode(Resource.self, from: try JSONText.encode(document.merged(with: patch)))
}
