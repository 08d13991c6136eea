import AzureEndpoints
import RolloutTesting
import Rollouts

/// Answers of a server, as other clients made them.
extension Dice {
    mutating func endpointResource() -> EndpointResource {
        EndpointResource(
            id: ResourcePath(.local, endpoint: "houses").description, name: "houses",
            type: EndpointResource.typeName, location: "westeurope", kind: "Managed", tags: maybe(tags),
            identity: one(of: [
                Identity(type: "SystemAssigned", principalId: "p", tenantId: "t"),
                Identity(type: "SystemAssigned,UserAssigned", userAssignedIdentities: ["/subscriptions/x": [:]]),
            ]), systemData: SystemData(createdBy: "somebody"),
            properties: EndpointProperties(
                authMode: one(of: AuthMode.allCases), description: maybe { _ in "The price of houses" },
                properties: maybe(tags), traffic: one(of: [nil, [:], ["blue": 90, "green": 10]]),
                mirrorTraffic: one(of: [nil, [:], ["red": 10]]),
                publicNetworkAccess: one(of: [nil, "Enabled", "Disabled"]),
                compute: maybe { _ in WorkspaceID.local.computes("my-cluster") }, provisioningState: .succeeded,
                scoringUri: "http://127.0.0.1:1/endpoints/houses/score"))
    }

    mutating func deploymentResource() -> DeploymentResource {
        DeploymentResource(
            id: ResourcePath(.local, endpoint: "houses", deployment: "blue").description, name: "blue",
            type: DeploymentResource.typeName, location: "westeurope", kind: "Managed", tags: maybe(tags),
            sku: SKU(name: "Default", tier: "Standard", capacity: number(1...50)), properties: deploymentProperties())
    }

    private mutating func deploymentProperties() -> DeploymentProperties {
        DeploymentProperties(
            endpointComputeType: one(of: ["Managed", "Kubernetes"]), description: maybe { _ in "blue" },
            model: maybe { dice in
                dice.one(of: [
                    WorkspaceID.local.asset("models", name: "m", version: "1"), "azureml:m:1", "../model",
                    "azureml://registries/azureml/models/m/versions/1",
                    WorkspaceID.local.asset("models", name: "m", version: "1").uppercased(),
                    WorkspaceID(subscription: "a", resourceGroup: "b", name: "c")
                        .asset("models", name: "m", version: "1"),
                ])
            }, modelMountPath: maybe { _ in "/var/model" },
            environmentId: maybe { _ in WorkspaceID.local.asset("environments", name: "e", version: "7") },
            codeConfiguration: maybe { _ in
                CodeConfiguration(
                    codeId: WorkspaceID.local.asset("codes", name: "c", version: "1"), scoringScript: "score.py")
            }, instanceType: maybe { _ in "Standard_DS3_v2" }, environmentVariables: maybe(tags),
            appInsightsEnabled: Bool.random(using: &self), properties: maybe(tags),
            requestSettings: RequestSettingsBody(
                requestTimeout: maybe { ISO8601Duration(.milliseconds(Int64($0.number(1...180_000)))) },
                maxConcurrentRequestsPerInstance: maybe { $0.number(1...9) },
                maxQueueWait: maybe { ISO8601Duration(.milliseconds(Int64($0.number(0...999)))) }),
            livenessProbe: maybe(probe), readinessProbe: maybe(probe),
            scaleSettings: one(of: [
                ["scaleType": "Default"],
                [
                    "scaleType": "TargetUtilization", "minInstances": 1, "maxInstances": 3,
                    "targetUtilizationPercentage": 60, "pollingInterval": "PT1S",
                ],
            ]), egressPublicNetworkAccess: one(of: [nil, "Enabled", "Disabled"]),
            privateNetworkConnection: one(of: [nil, true, false]),
            dataCollector: maybe { _ in
                [
                    "collections": [
                        "model_inputs": ["dataCollectionMode": "Enabled", "samplingRate": 1, "dataId": "azureml:d:1"]
                    ], "rollingRate": "Hour", "requestLogging": ["captureHeaders": ["a"]],
                ]
            },
            containerResourceRequirements: maybe { _ in
                ["containerResourceRequests": ["cpu": "1", "memory": "2Gi", "gpu": "1"]]
            }, provisioningState: .succeeded)
    }

    private func probe(_ dice: inout Dice) -> ProbeBody {
        ProbeBody(
            initialDelay: dice.maybe { ISO8601Duration(.milliseconds(Int64($0.number(0...20_000)))) },
            period: ISO8601Duration(.seconds(10)), successThreshold: dice.maybe { $0.number(1...3) })
    }

    private func tags(_ dice: inout Dice) -> [String: String] {
        dice.one(of: [[:], ["team": "housing"], ["a": "", "b": "2"]])
    }
}

extension WorkspaceID {
    /// The id of a compute target.
    func computes(_ name: String) -> String { ResourcePath(self, "computes", name).description }
}
