package import Rollouts

/// The managed identity of a resource.
package struct Identity: Codable, Hashable, Sendable {
    /// `SystemAssigned`, `UserAssigned`, `SystemAssigned,UserAssigned` or `None`.
    package var type: String?
    package var principalId: String?
    package var tenantId: String?
    /// By asset id; the values are the server's.
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

/// Who made and last changed a resource, and when (ISO 8601).
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

/// What an endpoint of the emulator does now, which the cloud never tells.
package struct LiveEndpoint: Codable, Hashable, Sendable {
    package var trafficActual: [String: Int]
    package var mirrorTrafficActual: [String: Int]
    /// The highest fencing epoch that was seen.
    package var epoch: Int?

    package init(trafficActual: [String: Int], mirrorTrafficActual: [String: Int], epoch: Int? = nil) {
        self.trafficActual = trafficActual
        self.mirrorTrafficActual = mirrorTrafficActual
        self.epoch = epoch
    }
}

/// What a deployment of the emulator does now, which the cloud never tells.
package struct LiveDeployment: Codable, Hashable, Sendable {
    /// Instances asked for, serving, and failed.
    package var wanted: Int
    package var ready: Int
    package var failed: Int
    /// Requests that it is answering now.
    package var inFlight: Int
    /// Why it is not ready, in a sentence.
    package var reason: String?

    package init(wanted: Int, ready: Int, failed: Int, inFlight: Int, reason: String? = nil) {
        self.wanted = wanted
        self.ready = ready
        self.failed = failed
        self.inFlight = inFlight
        self.reason = reason
    }
}
