/// The state of a resource in the words of Azure ML (AzureCompatibility.md).
package enum ProvisioningState: String, Codable, Hashable, Sendable, CaseIterable {
    case creating = "Creating"
    case updating = "Updating"
    case scaling = "Scaling"
    case deleting = "Deleting"
    case succeeded = "Succeeded"
    case failed = "Failed"
    case canceled = "Canceled"

    /// True while the resource refuses another change.
    package var isBusy: Bool {
        switch self {
        case .creating, .updating, .scaling, .deleting: true
        case .succeeded, .failed, .canceled: false
        }
    }
}

/// An endpoint as a backend showed it at one moment.
package struct EndpointSnapshot: Hashable, Sendable, Codable {
    package var definition: EndpointDefinition
    package var kind: EndpointKind
    package var state: ProvisioningState
    /// What was asked for, and what clients get now.
    package var traffic: Wanted<Traffic>
    package var mirrorTraffic: Wanted<Traffic>
    /// By name.
    package var deployments: [DeploymentSnapshot]
    /// Why it is not as was asked for, in a sentence; nil when there is nothing to say.
    package var reason: String?

    package var name: Name { definition.name }

    package init(
        definition: EndpointDefinition, kind: EndpointKind = .managed, state: ProvisioningState = .succeeded,
        traffic: Wanted<Traffic> = Wanted(.none), mirrorTraffic: Wanted<Traffic> = Wanted(.none),
        deployments: [DeploymentSnapshot] = [], reason: String? = nil
    ) {
        self.definition = definition
        self.kind = kind
        self.reason = reason
        self.state = state
        self.traffic = traffic
        self.mirrorTraffic = mirrorTraffic
        self.deployments = deployments
    }

    package func deployment(_ name: Name) -> DeploymentSnapshot? {
        deployments.first { $0.name == name }
    }
}

/// A setting as it was requested and as it is.
package struct Wanted<Setting: Hashable & Sendable & Codable>: Hashable, Sendable, Codable {
    package var wanted: Setting
    package var actual: Setting

    package init(wanted: Setting, actual: Setting) {
        self.wanted = wanted
        self.actual = actual
    }

    /// A setting that is as requested.
    package init(_ setting: Setting) { self.init(wanted: setting, actual: setting) }
}

/// A deployment as a backend showed it at one moment.
package struct DeploymentSnapshot: Hashable, Sendable, Codable {
    package var definition: DeploymentDefinition
    package var state: ProvisioningState
    /// Instances asked for, serving, and failed.
    package var instances: Instances
    /// Requests that it is answering now.
    package var inFlight: Int
    /// Why it is not ready, in a sentence; nil when there is nothing to say.
    package var reason: String?

    package struct Instances: Hashable, Sendable, Codable {
        package var wanted: Int
        package var ready: Int
        package var failed: Int

        package init(wanted: Int, ready: Int, failed: Int = 0) {
            self.wanted = wanted
            self.ready = ready
            self.failed = failed
        }
    }

    package var name: Name { definition.name }

    package init(
        definition: DeploymentDefinition, state: ProvisioningState = .succeeded, instances: Instances? = nil,
        inFlight: Int = 0, reason: String? = nil
    ) {
        self.definition = definition
        self.state = state
        self.instances =
            instances ?? Instances(wanted: definition.instanceCount, ready: definition.instanceCount, failed: 0)
        self.inFlight = inFlight
        self.reason = reason
    }

    /// True when it can be given traffic: provisioned, and every wanted instance serves.
    package var isReady: Bool {
        state == .succeeded && instances.wanted > 0 && instances.ready >= instances.wanted
    }
}

extension EndpointSnapshot {
    /// Takes what changes in a rollout; definitions are large and hardly ever differ alone.
    package func hash(into hasher: inout Hasher) {
        hasher.combine(state)
        hasher.combine(traffic)
        hasher.combine(mirrorTraffic.wanted)
        for deployment in deployments {
            hasher.combine(deployment.state)
            hasher.combine(deployment.instances)
        }
    }
}
