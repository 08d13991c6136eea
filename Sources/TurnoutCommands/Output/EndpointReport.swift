internal import Rollouts

/// An endpoint in JSON output.
struct EndpointReport: Encodable {
    struct Deployment: Encodable {
        var name: Name
        var state: ProvisioningState
        /// A description of what serves it; nil if unknown.
        var server: String?
        var instanceType: String?
        var instances: DeploymentSnapshot.Instances
        var inFlight: Int
        var reason: String?

        private enum CodingKeys: String, CodingKey {
            case name, state, server, instances, reason
            case instanceType = "instance_type"
            case inFlight = "in_flight"
        }
    }

    var name: Name
    var kind: EndpointKind
    var state: ProvisioningState
    var authMode: String
    var traffic: DesiredAndActual<Traffic>
    var mirrorTraffic: DesiredAndActual<Traffic>
    var deployments: [Deployment]

    private enum CodingKeys: String, CodingKey {
        case name, kind, state, traffic, deployments
        case authMode = "auth_mode"
        case mirrorTraffic = "mirror_traffic"
    }

    init(_ snapshot: EndpointSnapshot) {
        name = snapshot.name
        kind = snapshot.kind
        state = snapshot.state
        authMode = snapshot.definition.authMode
        traffic = snapshot.traffic
        mirrorTraffic = snapshot.mirrorTraffic
        deployments = snapshot.deployments.map {
            Deployment(
                name: $0.name, state: $0.state, server: $0.definition.server, instanceType: $0.definition.instanceType,
                instances: $0.instances, inFlight: $0.inFlight, reason: $0.reason)
        }
    }
}
