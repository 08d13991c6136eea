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
    var retired: [Retired] = []
    /// The deployment is being deleted: until when its requests may take.
    var drain: Timestamp?
    /// Its instances are being ended.
    var isEnding = false

    var newest: Generation? { next ?? current }

    /// Every instance that there is of it.
    var groups: [InstanceGroup] {
        ([current, next].compactMap { $0 } + retired.map(\.generation)).map(\.group)
    }

    struct Retired: Sendable {
        var generation: Generation
        /// Before that, requests may still be on their way to it.
        var from: Timestamp
        /// Then it ends, whatever it is still sending.
        var until: Timestamp
    }

    /// Instances that are alike, made from one body.
    struct Generation: Sendable {
        let group: InstanceGroup
        /// What its instances are; two bodies of which it is equal can share them.
        var specification: InstanceSpecification
        /// The body that it was made from, or that it was kept for.
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
