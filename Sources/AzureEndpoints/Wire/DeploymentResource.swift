package import Rollouts

/// A deployment of an online endpoint in the form of the Azure ML REST API (AzureCompatibility.md).
package struct DeploymentResource: Codable, Hashable, Sendable {
    /// The path of the resource; see ``ResourcePath``.
    package var id: String?
    package var name: String?
    package var type: String?
    package var location: String?
    /// `Managed` or `K8S`.
    package var kind: String?
    package var tags: [String: String]?
    package var identity: Identity?
    package var systemData: SystemData?
    /// Its capacity is the instance count.
    package var sku: SKU?
    package var properties: DeploymentProperties

    /// The value of ``type`` in responses.
    package static let typeName = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments"

    package init(
        id: String? = nil, name: String? = nil, type: String? = nil, location: String? = nil, kind: String? = nil,
        tags: [String: String]? = nil, identity: Identity? = nil, systemData: SystemData? = nil, sku: SKU? = nil,
        properties: DeploymentProperties
    ) {
        self.id = id
        self.name = name
        self.type = type
        self.location = location
        self.kind = kind
        self.tags = tags
        self.identity = identity
        self.systemData = systemData
        self.sku = sku
        self.properties = properties
    }
}

package struct SKU: Codable, Hashable, Sendable {
    package var name: String?
    package var tier: String?
    /// The instance count.
    package var capacity: Int?

    package init(name: String? = nil, tier: String? = nil, capacity: Int? = nil) {
        self.name = name
        self.tier = tier
        self.capacity = capacity
    }
}

package struct DeploymentProperties: Codable, Hashable, Sendable {
    /// `Managed` or `Kubernetes`.
    package var endpointComputeType: String?
    package var description: String?
    /// The asset id of a registered model.
    package var model: String?
    package var modelMountPath: String?
    /// The asset id of a registered environment.
    package var environmentId: String?
    package var codeConfiguration: CodeConfiguration?
    package var instanceType: String?
    package var environmentVariables: [String: String]?
    package var appInsightsEnabled: Bool?
    package var properties: [String: String]?
    package var requestSettings: RequestSettingsBody?
    package var livenessProbe: ProbeBody?
    package var readinessProbe: ProbeBody?
    package var scaleSettings: Value?
    /// `Enabled` or `Disabled`.
    package var egressPublicNetworkAccess: String?
    package var privateNetworkConnection: Bool?
    package var dataCollector: Value?
    /// The resources of a container of a Kubernetes deployment.
    package var containerResourceRequirements: Value?
    package var provisioningState: ProvisioningState?
    /// The deployment's actual state, which only the emulator reports.
    package var turnout: LiveDeployment?

    package init(
        endpointComputeType: String? = nil, description: String? = nil, model: String? = nil,
        modelMountPath: String? = nil, environmentId: String? = nil, codeConfiguration: CodeConfiguration? = nil,
        instanceType: String? = nil, environmentVariables: [String: String]? = nil, appInsightsEnabled: Bool? = nil,
        properties: [String: String]? = nil, requestSettings: RequestSettingsBody? = nil,
        livenessProbe: ProbeBody? = nil, readinessProbe: ProbeBody? = nil, scaleSettings: Value? = nil,
        egressPublicNetworkAccess: String? = nil, privateNetworkConnection: Bool? = nil, dataCollector: Value? = nil,
        containerResourceRequirements: Value? = nil, provisioningState: ProvisioningState? = nil,
        turnout: LiveDeployment? = nil
    ) {
        self.endpointComputeType = endpointComputeType
        self.description = description
        self.model = model
        self.modelMountPath = modelMountPath
        self.environmentId = environmentId
        self.codeConfiguration = codeConfiguration
        self.instanceType = instanceType
        self.environmentVariables = environmentVariables
        self.appInsightsEnabled = appInsightsEnabled
        self.properties = properties
        self.requestSettings = requestSettings
        self.livenessProbe = livenessProbe
        self.readinessProbe = readinessProbe
        self.scaleSettings = scaleSettings
        self.egressPublicNetworkAccess = egressPublicNetworkAccess
        self.privateNetworkConnection = privateNetworkConnection
        self.dataCollector = dataCollector
        self.containerResourceRequirements = containerResourceRequirements
        self.provisioningState = provisioningState
        self.turnout = turnout
    }
}

package struct CodeConfiguration: Codable, Hashable, Sendable {
    /// The asset id of uploaded code.
    package var codeId: String?
    package var scoringScript: String?

    package init(codeId: String? = nil, scoringScript: String? = nil) {
        self.codeId = codeId
        self.scoringScript = scoringScript
    }
}

/// Limits of requests.
///
/// Absent members have Azure's defaults (AzureCompatibility.md).
package struct RequestSettingsBody: Codable, Hashable, Sendable {
    package var requestTimeout: ISO8601Duration?
    package var maxConcurrentRequestsPerInstance: Int?
    package var maxQueueWait: ISO8601Duration?

    package init(
        requestTimeout: ISO8601Duration? = nil, maxConcurrentRequestsPerInstance: Int? = nil,
        maxQueueWait: ISO8601Duration? = nil
    ) {
        self.requestTimeout = requestTimeout
        self.maxConcurrentRequestsPerInstance = maxConcurrentRequestsPerInstance
        self.maxQueueWait = maxQueueWait
    }
}

/// Settings of a probe.
///
/// Absent members have Azure's defaults (AzureCompatibility.md).
package struct ProbeBody: Codable, Hashable, Sendable {
    package var initialDelay: ISO8601Duration?
    package var period: ISO8601Duration?
    package var timeout: ISO8601Duration?
    package var successThreshold: Int?
    package var failureThreshold: Int?

    package init(
        initialDelay: ISO8601Duration? = nil, period: ISO8601Duration? = nil, timeout: ISO8601Duration? = nil,
        successThreshold: Int? = nil, failureThreshold: Int? = nil
    ) {
        self.initialDelay = initialDelay
        self.period = period
        self.timeout = timeout
        self.successThreshold = successThreshold
        self.failureThreshold = failureThreshold
    }
}
