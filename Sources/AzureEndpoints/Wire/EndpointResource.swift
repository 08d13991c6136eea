package import Rollouts

/// An online endpoint in the form of the Azure ML REST API (AzureCompatibility.md).
///
/// A request omits the members that only the server sets; a response has all of them.
package struct EndpointResource: Codable, Hashable, Sendable {
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
    package var properties: EndpointProperties

    /// The value of ``type`` in responses.
    package static let typeName = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints"

    package init(
        id: String? = nil, name: String? = nil, type: String? = nil, location: String? = nil, kind: String? = nil,
        tags: [String: String]? = nil, identity: Identity? = nil, systemData: SystemData? = nil,
        properties: EndpointProperties
    ) {
        self.id = id
        self.name = name
        self.type = type
        self.location = location
        self.kind = kind
        self.tags = tags
        self.identity = identity
        self.systemData = systemData
        self.properties = properties
    }
}

package struct EndpointProperties: Codable, Hashable, Sendable {
    package var authMode: AuthMode?
    package var description: String?
    package var properties: [String: String]?
    /// Percent of live requests per deployment.
    ///
    /// PUT replaces it: a request without it removes all traffic.
    package var traffic: [String: Int]?
    /// Percent of live requests that are copied, per deployment.
    package var mirrorTraffic: [String: Int]?
    /// `Enabled` or `Disabled`.
    package var publicNetworkAccess: String?
    /// The asset id of a Kubernetes compute target.
    package var compute: String?
    package var provisioningState: ProvisioningState?
    package var scoringUri: String?
    package var swaggerUri: String?
    /// The endpoint's actual state, which only the emulator reports.
    package var turnout: LiveEndpoint?

    package init(
        authMode: AuthMode? = nil, description: String? = nil, properties: [String: String]? = nil,
        traffic: [String: Int]? = nil, mirrorTraffic: [String: Int]? = nil, publicNetworkAccess: String? = nil,
        compute: String? = nil, provisioningState: ProvisioningState? = nil, scoringUri: String? = nil,
        swaggerUri: String? = nil, turnout: LiveEndpoint? = nil
    ) {
        self.authMode = authMode
        self.description = description
        self.properties = properties
        self.traffic = traffic
        self.mirrorTraffic = mirrorTraffic
        self.publicNetworkAccess = publicNetworkAccess
        self.compute = compute
        self.provisioningState = provisioningState
        self.scoringUri = scoringUri
        self.swaggerUri = swaggerUri
        self.turnout = turnout
    }
}

/// How clients of an endpoint authenticate.
///
/// Values are compared without case, as ARM does for its enumerations.
package enum AuthMode: String, Codable, Hashable, Sendable, CaseIterable {
    case key = "Key"
    case amlToken = "AMLToken"
    case aadToken = "AADToken"

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let word = try container.decode(String.self)
        guard let mode = Self.allCases.first(where: { $0.rawValue.lowercased() == word.lowercased() }) else {
            let known = Self.allCases.map(\.rawValue).joined(separator: ", ")
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "unknown auth mode '\(word)', expected one of \(known)")
        }
        self = mode
    }
}
