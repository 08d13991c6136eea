internal import AssetFiles
internal import RolloutEngine
internal import Rollouts
internal import Synchronization

/// Files of deployments are uploaded before a change and verified when the deployment is observed.
extension AzureBackend {
    /// The assets that hold the files of `definition`.
    ///
    /// Missing ones are uploaded.
    func assets(for definition: DeploymentDefinition) async throws -> DeploymentAssets {
        let isServedOtherwise = definition.serving != nil
        if definition.contents == nil, !isServedOtherwise, let part = definition.localParts.first {
            throw BackendError(
                .refused,
                "deployment \(definition.name): the plan does not record the content of \(part); make a new plan")
        }
        return try await uploader.assets(for: definition)
    }

    /// The definition with the contents that the server actually has.
    ///
    /// The IDs of models and environments are derived from their contents. The hash of code is requested from the
    /// server.
    func verified(_ definition: DeploymentDefinition, _ resource: DeploymentResource) async throws
        -> DeploymentDefinition
    {
        guard let expected = definition.contents?.code, let text = resource.properties.codeConfiguration?.codeId,
            let id = AssetID(path: text)
        else { return definition }
        var hash = codeHashes[id]
        if hash == nil {
            hash = try await client.asset(id)?["properties"]?["properties"]?["hash_sha256"]?.string
            if let hash { codeHashes[id] = hash }
        }
        guard hash != expected else { return definition }
        var other = definition
        other.contents?.code = hash ?? "\(id.name):\(id.version)"
        return other
    }
}

/// Caches the hashes of registered code, which never change.
final class CodeHashes: Sendable {
    private let known = Mutex<[AssetID: String]>([:])

    subscript(id: AssetID) -> String? {
        get { known.withLock { $0[id] } }
        set { known.withLock { $0[id] = newValue } }
    }
}

extension LocalContents {
    /// The value of the property ``TurnoutProperty/contents``.
    ///
    /// Equal contents have equal values.
    package var property: String {
        let parts = [("code", code), ("environment", environment), ("model", model), ("command", command)]
            .compactMap { key, digest in digest.map { "\"\(key)\":\"\($0)\"" } }
        return "{" + parts.joined(separator: ",") + "}"
    }
}
