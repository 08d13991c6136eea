internal import RolloutEngine

/// Which workspace of the cloud is meant.
///
/// Each name comes from its flag, else from the playbook, else from the environment, else from `az`: users of the Azure
/// command line and of its SDK find the options and variables that they know.
package struct CloudWorkspace: Hashable, Sendable {
    package var subscription: String?
    package var resourceGroup: String?
    package var workspace: String?

    package init(subscription: String? = nil, resourceGroup: String? = nil, workspace: String? = nil) {
        self.subscription = subscription
        self.resourceGroup = resourceGroup
        self.workspace = workspace
    }

    /// `AZURE_DEFAULTS_…` are `az`'s own, `AZUREML_ARM_…` those of jobs in a workspace.
    package static let subscriptionVariables = ["AZURE_SUBSCRIPTION_ID", "AZUREML_ARM_SUBSCRIPTION"]
    package static let resourceGroupVariables = [
        "AZURE_RESOURCE_GROUP", "AZURE_DEFAULTS_GROUP", "AZUREML_ARM_RESOURCEGROUP",
    ]
    package static let workspaceVariables = [
        "AZURE_ML_WORKSPACE", "AZURE_DEFAULTS_WORKSPACE", "AZUREML_ARM_WORKSPACE_NAME",
    ]

    package var isEmpty: Bool { self == CloudWorkspace() }

    /// These names, and `others` where one is missing.
    package func or(_ others: CloudWorkspace) -> CloudWorkspace {
        CloudWorkspace(
            subscription: subscription ?? others.subscription, resourceGroup: resourceGroup ?? others.resourceGroup,
            workspace: workspace ?? others.workspace)
    }

    /// What the environment and `az`'s defaults say, without asking anybody.
    package init(in environment: [String: String], _ configuration: AzureConfiguration) {
        func value(_ variables: [String], _ key: String?) -> String? {
            variables.compactMap { environment[$0] }.first { !$0.isEmpty }
                ?? key.flatMap { configuration.value($0, in: "defaults") }
        }
        self.init(
            subscription: value(Self.subscriptionVariables, nil),
            resourceGroup: value(Self.resourceGroupVariables, "group"),
            workspace: value(Self.workspaceVariables, "workspace"))
    }

    /// The workspace's names; `az` is asked for the subscription only where nothing else says it.
    /// - Throws: ``BackendError`` that says how to name what is missing.
    package func found(
        in environment: [String: String], _ configuration: AzureConfiguration, asking az: AzureCommand
    ) async throws -> WorkspaceID {
        let known = or(CloudWorkspace(in: environment, configuration))
        guard let group = known.resourceGroup else {
            throw Self.missing(
                "resource group", flag: "--resource-group", Self.resourceGroupVariables, key: "group")
        }
        guard let workspace = known.workspace else {
            throw Self.missing("workspace", flag: "--workspace-name", Self.workspaceVariables, key: "workspace")
        }
        if let subscription = known.subscription {
            return WorkspaceID(subscription: subscription, resourceGroup: group, name: workspace)
        }
        return WorkspaceID(subscription: try await asked(az), resourceGroup: group, name: workspace)
    }

    private func asked(_ az: AzureCommand) async throws -> String {
        let printed: String
        do {
            printed = try await az.output(["account", "show", "--query", "id", "--output", "tsv"])
        } catch let error as BackendError {
            throw BackendError(
                error.code,
                "no Azure subscription is named, and \(error.message): use --subscription or "
                    + "\(Self.subscriptionVariables[0]), or sign in with `az login`")
        }
        let subscription = printed.filter { !$0.isWhitespace }
        guard !subscription.isEmpty else {
            throw BackendError(
                .refused,
                "`az account show` names no subscription: use --subscription or "
                    + "\(Self.subscriptionVariables[0])")
        }
        return subscription
    }

    private static func missing(_ what: String, flag: String, _ variables: [String], key: String) -> BackendError {
        BackendError(
            .refused,
            "no Azure \(what) is named: use \(flag) or \(variables[0]), or `az configure --defaults \(key)=NAME`")
    }
}
