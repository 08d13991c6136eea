import AzureEndpoints
import Rollouts
import Testing

@Suite("Resource paths")
struct ResourcePathTests {
    private let base =
        "/subscriptions/s-1/resourceGroups/rg/providers/Microsoft.MachineLearningServices/workspaces/ws"
    private let workspace = WorkspaceID(subscription: "s-1", resourceGroup: "rg", name: "ws")

    @Test("are built as ARM has them")
    func building() {
        #expect(ResourcePath(workspace).description == base)
        #expect(ResourcePath(workspace, "onlineEndpoints").description == base + "/onlineEndpoints")
        #expect(
            ResourcePath(workspace, endpoint: "houses", "listKeys").description
                == base + "/onlineEndpoints/houses/listKeys")
        #expect(
            ResourcePath(workspace, endpoint: "houses", deployment: "blue").description
                == base + "/onlineEndpoints/houses/deployments/blue")
        #expect(workspace.asset("models", name: "m", version: "1") == base + "/models/m/versions/1")
    }

    @Test("are matched without case, and keep the names' case")
    func reading() throws {
        let text =
            "/SUBSCRIPTIONS/s-1/resourcegroups/rg/Providers/microsoft.machinelearningservices/workspaces/ws"
            + "/onlineendpoints/Houses/DEPLOYMENTS/Blue/getlogs"
        let path = try #require(ResourcePath(text))
        #expect(path.workspace == workspace)
        #expect(path.endpoint?.text == "Houses")
        #expect(path.deployment?.text == "Blue")
        #expect(path.isFollowed(by: "getLogs"))
        #expect(!path.isFollowed(by: "skus"))
    }

    @Test(
        "are read back as they were built",
        arguments: [
            ResourcePath(.local), ResourcePath(.local, "onlineEndpoints"), ResourcePath(.local, endpoint: "a/b c%"),
            ResourcePath(.local, endpoint: "houses", "deployments"),
            ResourcePath(.local, endpoint: "houses", deployment: "blue", "turnout", "logs"),
            ResourcePath(.local, "codes", "x", "versions", "1", "startPendingUpload"),
        ])
    func roundTrip(path: ResourcePath) {
        #expect(ResourcePath(path.description) == path)
    }

    @Test(
        "that lead to no workspace are none",
        arguments: [
            "", "/", "/subscriptions/s-1", "subscriptions/s/resourceGroups/r", "/metrics",
            "/subscriptions/s/resourceGroups/r/providers/Other/workspaces/w",
            "/subscriptions/s/resourceGroups//providers/Microsoft.MachineLearningServices/workspaces/w",
            "/subscriptions/s/resourceGroups/r/providers/Microsoft.MachineLearningServices/workspaces/%zz",
        ])
    func refusing(text: String) {
        #expect(ResourcePath(text) == nil)
    }

    @Test("may end with a slash")
    func slash() {
        #expect(ResourcePath(base + "/onlineEndpoints/houses/")?.endpoint == "houses")
    }
}
