internal import AzureEndpoints
internal import Hummingbird
internal import Rollouts

/// Routes for the workspace's only datastore, which refers clients to the emulator's own blob store.
struct DatastoreRoutes: Sendable {
    let plane: ControlPlane

    static let name = "workspaceblobstore"
    static let container = "azureml-blobstore"

    private static let list = ControlPlane.workspace + "/datastores"
    private static let one = list + "/{datastore}"

    func add(to routes: inout RouteTable) {
        let plane = plane
        routes.on(.get, Self.list) { request in try .json(ListResponse([Self.datastore(request)])) }
        routes.on(.get, Self.one) { request in
            try requireDatastore(request)
            return try .json(Self.datastore(request))
        }
        // The SDK sends a body with the kind of secrets that it expects; it is ignored.
        routes.on(.post, Self.one + "/listSecrets") { request in
            try requireDatastore(request)
            let secrets: [String: String] = [
                "secretsType": "Sas", "sasToken": plane.blobs.signature(of: Self.container, now: plane.now()),
            ]
            return try .json(secrets, headers: [.cacheControl: "no-store"])
        }
    }

    private func requireDatastore(_ request: ControlRequest) throws(ControlError) {
        let name = request.parameter("datastore")
        guard name.lowercased() == Self.name || name.lowercased() == "default" else {
            throw .notFound("there is no datastore \(name): this workspace has only \(Self.name)")
        }
    }

    private static func datastore(_ request: ControlRequest) -> Value {
        let path = ResourcePath(request.workspace, "datastores", name).description
        let authority = request.origin.dropFirst("https://".count)
        return [
            "id": .string(path), "name": .string(name),
            "type": "Microsoft.MachineLearningServices/workspaces/datastores",
            "properties": [
                "datastoreType": "AzureBlob", "isDefault": true, "tags": [:], "properties": [:],
                // The SDK builds the address https://ACCOUNT.blob.ENDPOINT from this, which leads to BlobRoutes.
                "accountName": .string("\(authority)/\(BlobRoutes.store)"), "containerName": .string(container),
                "endpoint": "core.windows.net", "protocol": "https", "serviceDataAccessAuthIdentity": "None",
                "credentials": ["credentialsType": "Sas"],
            ],
        ]
    }
}

extension ResourcePath {
    /// The path of a workspace resource other than an endpoint.
    init(_ workspace: WorkspaceID, _ collection: String, _ name: String) {
        self.init(workspace, endpoint: nil, deployment: nil, collection, name)
    }
}
