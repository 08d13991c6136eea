internal import ArgumentParser
internal import AzureEndpoints

/// Which workspace of the cloud is meant, as `az ml` names it.
struct AzureOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The Azure subscription of --backend azure.",
            discussion: "These three come from the flag, else from the playbook (backends.azure), else from the "
                + "environment (AZURE_SUBSCRIPTION_ID, AZURE_RESOURCE_GROUP, AZURE_ML_WORKSPACE), else from az's "
                + "defaults.",
            valueName: "id"))
    var subscription: String?

    @Option(
        name: [.customShort("g"), .long],
        help: ArgumentHelp("The resource group of --backend azure.", valueName: "name"))
    var resourceGroup: String?

    @Option(
        name: [.customShort("w"), .long], help: ArgumentHelp("The workspace of --backend azure.", valueName: "name"))
    var workspaceName: String?

    func validate() throws {
        for (flag, value) in [
            ("--subscription", subscription), ("--resource-group", resourceGroup), ("--workspace-name", workspaceName),
        ] where value?.isEmpty == true {
            throw ValidationError(
                "\(flag) is empty; leave it out to use the playbook, the environment or az's defaults")
        }
    }

    var workspace: CloudWorkspace {
        CloudWorkspace(subscription: subscription, resourceGroup: resourceGroup, workspace: workspaceName)
    }
}
