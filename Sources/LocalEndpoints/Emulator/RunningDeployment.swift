internal import AzureEndpoints
internal import Rollouts

/// A deployment's instances in this process.
struct RunningDeployment: Sendable {
    var endpoint: Name
    var name: Name
    var log: DeploymentLog
    /// What clients' requests reach.
    var current: Generation?
    /// What takes its place once it is ready, while the deployment is updated.
    var next: Generation?
    /// What gets no new requests and ends when those that it has are answered.
    var retired: [(generation: Generation, until: Timestamp)] = []
    /// The deployment is being deleted: until when its requests may take.
    var drain: Timestamp?
    /// Its instances are being ended.
    var isEnding = false

    var newest: Generation? { next ?? current }

    /// Instances that are alike, made from one body.
    struct Generation: Sendable {
        let group: InstanceGroup
        /// What it was made from.
        var resource: DeploymentResource
        /// How many instances it was last asked to have.
        var count: Int
        /// The operation that it was last started or scaled for; nil where it was only started again.
        var operation: String?
        /// As the loop saw it last.
        var status: InstanceGroupStatus
    }
}

extension RunningDeployment.Generation {
    /// Every wanted instance serves, and none is left that isn't wanted.
    var isSettled: Bool { status.wanted == count && status.ready >= count && status.instances.count == count }
}

extension DeploymentResource {
    /// What decides how instances are made; two bodies of which it is equal can share their instances.
    var making: DeploymentResource {
        var making = self
        (making.tags, making.sku, making.identity, making.location) = (nil, nil, nil, nil)
        making.properties.description = nil
        making.properties.requestSettings = nil
        making.properties.scaleSettings = nil
        making.properties.dataCollector = nil
        making.properties.appInsightsEnabled = nil
        // What is kept of these is what the instances are made of, see AssetCatalog; other members say nothing to us.
        making.properties.properties = properties.properties?.filter { key, _ in
            [TurnoutProperty.instances, TurnoutProperty.folder].contains(key)
        }
        return making
    }
}
