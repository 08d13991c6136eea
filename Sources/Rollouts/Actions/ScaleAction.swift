/// Changes a deployment's number of instances.
package struct ScaleAction: PlaybookAction {
    package static let kind = StageAction.Kind.scale
    package static let defaultTimeout = Interval.minutes(60)

    package var deployment: Name
    package var instanceCount: Int

    private enum CodingKeys: String, CodingKey {
        case deployment = "_0"
        case instanceCount
    }

    package func steps(on endpoint: EndpointSnapshot?) -> [Step] {
        [.change(.scale(deployment, instanceCount: instanceCount))]
    }
}

extension StageAction {
    package static func scale(_ deployment: Name, instanceCount: Int) -> StageAction {
        StageAction(ScaleAction(deployment: deployment, instanceCount: instanceCount))
    }
}
