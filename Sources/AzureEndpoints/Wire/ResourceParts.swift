package import Rollouts

/// The managed identity of a resource.
package struct Identity: Codable, Hashable, Sendable {
    /// `SystemAssigned`, `UserAssigned`, `SystemAssigned,UserAssigned` or `None`.
    package var type: String?
    package var principalId: String?
    package var tenantId: String?
    /// The identities by their asset IDs; the values are set by the server.
    package var userAssignedIdentities: [String: Value]?

    package init(
        type: String? = nil, principalId: String? = nil, tenantId: String? = nil,
        userAssignedIdentities: [String: Value]? = nil
    ) {
        self.type = type
        self.principalId = principalId
        self.tenantId = tenantId
        self.userAssignedIdentities = userAssignedIdentities
    }
}

/// Who created and last changed a resource, and when (ISO 8601).
package struct SystemData: Codable, Hashable, Sendable {
    package var createdBy: String?
    package var createdByType: String?
    package var createdAt: String?
    package var lastModifiedBy: String?
    package var lastModifiedByType: String?
    package var lastModifiedAt: String?

    package init(
        createdBy: String? = nil, createdByType: String? = nil, createdAt: String? = nil,
        lastModifiedBy: String? = nil, lastModifiedByType: String? = nil, lastModifiedAt: String? = nil
    ) {
        self.createdBy = createdBy
        self.createdByType = createdByType
        self.createdAt = createdAt
        self.lastModifiedBy = lastModifiedBy
        self.lastModifiedByType = lastModifiedByType
        self.lastModifiedAt = lastModifiedAt
    }
}

/// The actual state of an endpoint in the emulator, which the cloud does not report.
package struct LiveEndpoint: Codable, Hashable, Sendable {
    package var trafficActual: [String: Int]
    package var mirrorTrafficActual: [String: Int]
    /// The highest fencing epoch of any accepted change.
    package var epoch: Int?

    package init(trafficActual: [String: Int], mirrorTrafficActual: [String: Int], epoch: Int? = nil) {
        self.trafficActual = trafficActual
        self.mirrorTrafficActual = mirrorTrafficActual
        self.epoch = epoch
    }
}

/// The actual state of a deployment in the emulator, which the cloud does not report.
package struct LiveDeployment: Codable, Hashable, Sendable {
    /// The desired number of instances.
    package var wanted: Int
    /// The number of instances that serve requests.
    package var ready: Int
    /// The number of failed instances.
    package var failed: Int
    /// The number of requests in flight.
    package var inFlight: Int
    /// Explains in a sentence why it is not ready.
    package var reason: String?

    package init(wanted: Int, ready: Int, failed: Int, inFlight: Int, reason: String? = nil) {
        self.wanted = wanted
        self.ready = ready
        self.failed = failed
        self.inFlight = inFlight
        self.reason = reason
    }
}
