internal import AzureEndpoints
internal import Rollouts

/// Refuses to simulate deployments that bring their own server, whichever client asks for it.
extension AssetCatalog {
    /// Throws if the deployment is to be simulated but brings its own server, unless its profile sets `replaces_code`.
    func refuseSimulation(of deployment: Name, in resource: DeploymentResource) throws {
        let parts = try DeploymentParts(resource)
        guard let choice = parts.choice, let own = try ownServer(of: parts), !choice.counts(beside: own) else { return }
        throw ControlError.badArgument(
            "deployment \(deployment) brings its own server (\(own.part)), but its property \(InstanceChoice.key) asks "
                + "to simulate it: remove the property, or set \(InstanceChoice.replacesCode): true in the profile to "
                + "use the simulation instead of that server",
            target: "properties.properties")
    }

    /// The deployment's own server, according to its body and the types of its assets; nil if it has none.
    func ownServer(of parts: DeploymentParts) throws -> OwnServer? {
        if let code = parts.code {
            return .script(name: parts.scoringScript ?? "a script", code: code, environment: nil)
        }
        if let model = try server(parts.model, .models) { return .mlflowModel("\(model.name):\(model.version)") }
        if let environment = try server(parts.environment, .environments) {
            return .container(image: environment.properties["image"]?.string)
        }
        return nil
    }

    private func server(_ text: String?, _ kind: AssetKind) throws -> AssetRecord? {
        guard let reference = text.flatMap({ AssetReference($0, kind) }), let asset = try store.asset(kind, reference),
            asset.isServer(storedIn: folder.assets)
        else { return nil }
        return asset
    }
}
