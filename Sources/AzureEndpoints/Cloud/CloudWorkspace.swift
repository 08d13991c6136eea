internal import RolloutEngine

/// Identifies a workspace in the cloud, as far as its names are known.
///
/// Each name comes from its option, else from the playbook, else from the environment, else from `az`. The options and
/// variables are those of the Azure command line and SDK.
package struct CloudWorkspace: Hashable, Sendable {
    package var subscription: String?
    package var resourceGroup: String?
    package var workspace: String?

    package init(subscription: String? = nil, resourceGroup: String? = nil, workspace: String? = nil) {
        self.subscription = subscription
        self.resourceGroup = resourceGroup
        self.workspace = workspace
    }

    /// `AZURE_DEFAULTS_…` are variables of `az`; `AZUREML_ARM_…` are set in jobs of a workspace.
    package static let subscriptionVariables = ["AZURE_SUBSCRIPTION_ID", "AZUREML_ARM_SUBSCRIPTION"]
    package static let resourceGroupVariables = [
        "AZURE_RESOURCE_GROUP", "AZURE_DEFAULTS_GROUP", "AZUREML_ARM_RESOURCEGROUP",
    ]
    package static let workspaceVariables = [
        "AZURE_ML_WORKSPACE", "AZURE_DEFAULTS_WORKSPACE", "AZUREML_ARM_WORKSPACE_NAME",
    ]

    package var isEmpty: Bool { self == CloudWorkspace() }

    /// These names, with missing ones taken from `others`.
    package func or(_ others: CloudWorkspace) -> CloudWorkspace {
        CloudWorkspace(
            subscription: subscription ?? others.subscription, resourceGroup: resourceGroup ?? others.resourceGroup,
            workspace: workspace ?? others.workspace)
    }

    /// The names in the environment and in `az`'s defaults, without running `az`.
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

    /// Returns the workspace's names.
    ///
    /// `az` is run only if the subscription is not named elsewhere.
    ///
    /// - Throws: ``BackendError`` that explains how to provide the missing name.
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
                "no Azure subscription is set: \(error.message); use --subscription or "
                    + "\(Self.subscriptionVariables[0]), or sign in with `az login`")
        }
        let subscription = printed.filter { !$0.isWhitespace }
        guard !subscription.isEmpty else {
            throw BackendError(
                .refused,
                "`az account show` printed no subscription; use --subscription or "
                    + "\(Self.subscriptionVariables[0])")
        }
        return subscription
    }

    private static func missing(_ what: String, flag: String, _ variables: [String], key: String) -> BackendError {
        BackendError(
            .refused,
            "no Azure \(what) is set; use \(flag) or \(variables[0]), or `az configure --defaults \(key)=NAME`")
    }
}
