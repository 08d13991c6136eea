/// Defines the endpoint and, if given, its first deployment, which can receive all traffic.
package struct DefineAction: PlaybookAction {
    package static let kind = StageAction.Kind.define
    package static let defaultTimeout = Interval.minutes(60)

    package var endpoint: EndpointDefinition
    package var deployment: DeploymentDefinition?
    package var allTraffic: Bool

    private enum CodingKeys: String, CodingKey {
        case endpoint = "_0"
        case deployment, allTraffic
    }

    package func steps(on present: EndpointSnapshot?) -> [Step] {
        var changes: [Change] = [.putEndpoint(endpoint)]
        if let deployment {
            changes.append(.putDeployment(deployment))
            if allTraffic { changes += Change.settingTraffic([deployment.name: 100], on: present) }
        }
        return changes.map(Step.change)
    }

    package mutating func mapDefinitions(
        endpoint mapEndpoint: (inout EndpointDefinition) -> Void,
        deployment mapDeployment: (inout DeploymentDefinition) -> Void
    ) {
        mapEndpoint(&endpoint)
        if var first = deployment {
            mapDeployment(&first)
            deployment = first
        }
    }
}

extension StageAction {
    package static func define(
        _ endpoint: EndpointDefinition, deployment: DeploymentDefinition?, allTraffic: Bool
    ) -> StageAction {
        StageAction(DefineAction(endpoint: endpoint, deployment: deployment, allTraffic: allTraffic))
    }
}
