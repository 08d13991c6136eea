internal import AzureEndpoints
internal import Hummingbird
internal import Rollouts

/// The state and services that the control plane's routes use.
struct ControlPlane: Sendable {
    let registry: EndpointRegistry
    let store: LocalStore
    let blobs: BlobStore
    /// The data plane's origin: `http://HOST:PORT`.
    let dataOrigin: String
    let now: @Sendable () -> Timestamp

    /// The path of a workspace, which most routes begin with.
    static let workspace =
        "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.MachineLearningServices/workspaces/{workspace}"

    /// Azure's routes that AzureCompatibility.md lists, and the additional ones that Turnout's own client needs.
    var routes: RouteTable {
        var routes = RouteTable()
        WorkspaceRoutes(plane: self).add(to: &routes)
        EndpointRoutes(plane: self).add(to: &routes)
        CredentialRoutes(plane: self).add(to: &routes)
        DeploymentRoutes(plane: self).add(to: &routes)
        OperationRoutes(plane: self).add(to: &routes)
        TurnoutRoutes(plane: self).add(to: &routes)
        DatastoreRoutes(plane: self).add(to: &routes)
        AssetRoutes(plane: self).add(to: &routes)
        BlobRoutes(plane: self).add(to: &routes)
        return routes
    }
}

extension ControlRequest {
    func write() throws(ControlError) -> WriteRequest {
        WriteRequest(headers: try writeHeaders(), ifMatch: headers[.ifMatch], workspace: workspace)
    }
}
