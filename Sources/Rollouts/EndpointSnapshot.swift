/// The provisioning state of a resource, in Azure ML's terms (AzureCompatibility.md).
package enum ProvisioningState: String, Codable, Hashable, Sendable, CaseIterable {
    case creating = "Creating"
    case updating = "Updating"
    case scaling = "Scaling"
    case deleting = "Deleting"
    case succeeded = "Succeeded"
    case failed = "Failed"
    case canceled = "Canceled"

    /// Whether the resource refuses another change.
    package var isBusy: Bool {
        switch self {
        case .creating, .updating, .scaling, .deleting: true
        case .succeeded, .failed, .canceled: false
        }
    }
}

/// An endpoint as a backend reported it at one point in time.
package struct EndpointSnapshot: Hashable, Sendable, Codable {
    package var definition: EndpointDefinition
    package var kind: EndpointKind
    package var state: ProvisioningState
    /// The traffic that was requested, and what clients get now.
    package var traffic: DesiredAndActual<Traffic>
    package var mirrorTraffic: DesiredAndActual<Traffic>
    /// Sorted by name.
    package var deployments: [DeploymentSnapshot]
    /// Why the endpoint differs from what was requested, in a sentence; `nil` if there is no reason to report.
    package var reason: String?

    package var name: Name { definition.name }

    package init(
        definition: EndpointDefinition, kind: EndpointKind = .managed, state: ProvisioningState = .succeeded,
        traffic: DesiredAndActual<Traffic> = DesiredAndActual(.none),
        mirrorTraffic: DesiredAndActual<Traffic> = DesiredAndActual(.none),
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

/// A setting's requested and actual value.
package struct DesiredAndActual<Setting: Hashable & Sendable & Codable>: Hashable, Sendable, Codable {
    package var wanted: Setting
    package var actual: Setting

    package init(wanted: Setting, actual: Setting) {
        self.wanted = wanted
        self.actual = actual
    }

    /// Creates a setting whose actual value is the requested one.
    package init(_ setting: Setting) { self.init(wanted: setting, actual: setting) }
}

/// A deployment as a backend reported it at one point in time.
package struct DeploymentSnapshot: Hashable, Sendable, Codable {
    package var definition: DeploymentDefinition
    package var state: ProvisioningState
    /// The numbers of requested, ready and failed instances.
    package var instances: Instances
    /// The number of requests in flight.
    package var inFlight: Int
    /// Why the deployment is not ready, in a sentence; `nil` if there is no reason to report.
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

    /// Whether it can receive traffic: it is provisioned, and all requested instances are ready.
    package var isReady: Bool {
        state == .succeeded && instances.wanted > 0 && instances.ready >= instances.wanted
    }
}

extension EndpointSnapshot {
    /// Hashes only what changes in a rollout; definitions are large and rarely the only difference.
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
