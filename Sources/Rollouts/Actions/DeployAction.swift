/// Creates or updates a deployment; a new one receives no traffic.
package struct DeployAction: PlaybookAction {
    package static let kind = StageAction.Kind.deploy
    package static let defaultTimeout = Interval.minutes(60)

    package var definition: DeploymentDefinition

    private enum CodingKeys: String, CodingKey {
        case definition = "_0"
    }

    package func steps(on endpoint: EndpointSnapshot?) -> [Step] { [.change(.putDeployment(definition))] }

    package mutating func mapDefinitions(
        endpoint: (inout EndpointDefinition) -> Void, deployment: (inout DeploymentDefinition) -> Void
    ) {
        deployment(&definition)
    }
}

extension StageAction {
    package static func deploy(_ definition: DeploymentDefinition) -> StageAction {
        StageAction(DeployAction(definition: definition))
    }
}
