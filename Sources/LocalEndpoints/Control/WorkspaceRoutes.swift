internal import AzureEndpoints
internal import Hummingbird
internal import Rollouts

/// Routes for the workspace: there is only one, under any name.
struct WorkspaceRoutes: Sendable {
    let plane: ControlPlane

    func add(to routes: inout RouteTable) {
        routes.on(.get, ControlPlane.workspace) { request in
            try .json(
                Workspace(
                    id: ResourcePath(request.workspace).description, name: request.workspace.name,
                    properties: .init(
                        friendlyName: request.workspace.name, workspaceId: WorkspaceID.local.subscription,
                        mlFlowTrackingUri: "azureml:/" + ResourcePath(request.workspace).description,
                        discoveryUrl: request.origin + "/discovery")))
        }
    }

    private struct Workspace: Encodable {
        var id: String
        var name: String
        var type = "Microsoft.MachineLearningServices/workspaces"
        var location = EndpointResource.defaultLocation
        var kind = "Default"
        var tags: [String: String] = [:]
        var identity = Identity(
            type: "SystemAssigned", principalId: WorkspaceID.local.subscription,
            tenantId: WorkspaceID.local.subscription)
        var sku = SKU(name: "Basic", tier: "Basic")
        var properties: Properties

        struct Properties: Encodable {
            var friendlyName: String
            var description = "Turnout's local endpoints"
            var workspaceId: String
            var mlFlowTrackingUri: String
            var discoveryUrl: String
            var provisioningState = "Succeeded"
            var publicNetworkAccess = "Disabled"
            var hbiWorkspace = false
        }
    }
}
