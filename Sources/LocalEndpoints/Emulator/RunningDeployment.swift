internal import AzureEndpoints
internal import Rollouts

/// The instances of a deployment in this process.
struct RunningDeployment: Sendable {
    var endpoint: Name
    var name: Name
    var log: DeploymentLog
    /// The instances that receive clients' requests.
    var current: Generation?
    /// During an update, the instances that replace the current ones when they are ready.
    var next: Generation?
    /// Instances that receive no new requests and stop when those in flight are answered.
    var retired: [Retired] = []
    /// The deadline for requests in flight while the deployment is being deleted.
    var drain: Timestamp?
    /// Whether the instances are being stopped.
    var isEnding = false

    var newest: Generation? { next ?? current }

    /// The groups of all the deployment's instances.
    var groups: [InstanceGroup] {
        ([current, next].compactMap { $0 } + retired.map(\.generation)).map(\.group)
    }

    struct Retired: Sendable {
        var generation: Generation
        /// Until this time, new requests may still arrive.
        var from: Timestamp
        /// The deadline at which the instances are stopped even if requests are in flight.
        var until: Timestamp
    }

    /// Identical instances, created from one body.
    struct Generation: Sendable {
        let group: InstanceGroup
        /// The specification of the instances; bodies with equal specifications can share them.
        var specification: InstanceSpecification
        /// The body that the instances were created from, or last adopted for.
        var resource: DeploymentResource
        /// The instance count that was last requested.
        var count: Int
        /// The operation that last started or scaled the instances; nil if they were only restarted.
        var operation: String?
        /// The status that the loop last observed.
        var status: InstanceGroupStatus
    }
}

extension RunningDeployment.Generation {
    /// Whether all desired instances are ready and no surplus instance is left.
    var isSettled: Bool { status.wanted == count && status.ready >= count && status.instances.count == count }
}
