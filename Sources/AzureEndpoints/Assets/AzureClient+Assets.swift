internal import FoundationEssentials
internal import HTTPTransport
internal import RolloutEngine
package import Rollouts

/// Registered assets of the workspace.
extension AzureClient {
    /// One version of an asset; `nil` if it is not registered.
    package func asset(_ id: AssetID) async throws -> Value? {
        let answer = try await send(.get, id.path(in: workspace))
        if case .missing = verdict(answer) { return nil }
        return try decode(Value.self, answer)
    }

    /// The asset container with `latestVersion` and `nextVersion`; `nil` if no such asset exists.
    package func container(_ collection: AssetReference.Collection, _ name: String) async throws -> Value? {
        let answer = try await send(.get, ResourcePath(workspace, collection.rawValue, name))
        if case .missing = verdict(answer) { return nil }
        return try decode(Value.self, answer)
    }

    /// All assets of a kind, or all versions of the asset named `name`.
    package func assets(_ collection: AssetReference.Collection, named name: String? = nil) async throws -> [Value] {
        var path = ResourcePath(workspace)
        path.trailing = [collection.rawValue] + (name.map { [$0, "versions"] } ?? [])
        return try await list(Value.self, path)
    }

    /// The registered code with this hash, regardless of its name.
    func code(withHash hash: String, named name: String) async throws -> AssetID? {
        let path = ResourcePath(workspace, "codes", name, "versions")
        let answer = try await send(
            .get, path, query: [("hash", hash), ("hashVersion", "\(AssetUploader.hashVersion)")])
        if case .missing = verdict(answer) { return nil }
        let found = try decode(ListResponse<Value>.self, answer).value
        return found.lazy.compactMap { $0["id"]?.string.flatMap(AssetID.init(path:)) }.first
    }

    /// Registers a version of an asset.
    package func put(_ properties: Value, as id: AssetID) async throws -> Value {
        let body = try JSONText.encode(["properties": properties] as Value)
        return try decode(Value.self, try await send(.put, id.path(in: workspace), body: body))
    }

    /// Requests a container for the files of new code.
    func startUpload(of id: AssetID) async throws -> (address: String, signed: String) {
        var path = id.path(in: workspace)
        path.trailing.append("startPendingUpload")
        let body = try JSONText.encode(["pendingUploadType": "TemporaryBlobReference"] as Value)
        let answer = try decode(Value.self, try await send(.post, path, body: body))
        let reference = answer["blobReferenceForConsumption"]
        guard let address = reference?["blobUri"]?.string, let signed = reference?["credential"]?["sasUri"]?.string
        else { throw BackendError(.unavailable, "the server returned no upload location for the code") }
        return (address, signed)
    }

    /// The container behind the workspace's datastore for uploads.
    func datastore() async throws -> (account: String, container: BlobContainer) {
        let path = ResourcePath(workspace, "datastores", Self.datastoreName)
        let properties = try decode(Value.self, try await send(.get, path))["properties"]
        guard let account = properties?["accountName"]?.string, let name = properties?["containerName"]?.string else {
            throw BackendError(
                .refused,
                "the datastore \(Self.datastoreName) is not a blob container: files cannot be uploaded to it")
        }
        var secrets = path
        secrets.trailing.append("listSecrets")
        let body = try JSONText.encode(["expirableSecret": true, "expireAfterHours": 1] as Value)
        let answer = try decode(Value.self, try await send(.post, secrets, body: body))
        guard let token = answer["sasToken"]?.string else {
            throw BackendError(
                .refused,
                "the datastore \(Self.datastoreName) provides no shared access signature: register the model and the "
                    + "code with `az ml`, and refer to them as azureml:NAME:VERSION")
        }
        let host = properties?["protocol"]?.string ?? "https"
        let origin = "\(host)://\(account).blob.\(properties?["endpoint"]?.string ?? "core.windows.net")"
        return (origin, BlobContainer(url: "\(origin)/\(name)", signature: token, transport: transport))
    }

    static let datastoreName = "workspaceblobstore"
}

/// Identifies one version of an asset in a workspace.
package struct AssetID: Hashable, Sendable {
    package var collection: AssetReference.Collection
    package var name: String
    package var version: String

    package init(_ collection: AssetReference.Collection, _ name: String, _ version: String) {
        self.collection = collection
        self.name = name
        self.version = version
    }

    /// Parses `/subscriptions/…/models/NAME/versions/VERSION`; `nil` for anything else.
    package init?(path text: String) {
        guard let trailing = ResourcePath(text)?.trailing, trailing.count == 4, trailing[2].lowercased() == "versions",
            let collection = AssetReference.Collection(rawValue: trailing[0].lowercased())
        else { return nil }
        self.init(collection, trailing[1], trailing[3])
    }

    package func path(in workspace: WorkspaceID) -> ResourcePath {
        ResourcePath(workspace, collection.rawValue, name, "versions", version)
    }
}
