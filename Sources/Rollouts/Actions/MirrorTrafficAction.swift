/// Copies a share of the live requests to one deployment, whose responses are discarded.
package struct MirrorTrafficAction: PlaybookAction {
    package static let kind = StageAction.Kind.mirrorTraffic
    package static let defaultTimeout = Interval.minutes(30)
    package static let journalKeys = ["mirrorTraffic"]

    /// The shares; ``Traffic/none`` turns mirroring off.
    package var traffic: Traffic

    private enum CodingKeys: String, CodingKey {
        case traffic = "_0"
    }

    package func steps(on endpoint: EndpointSnapshot?) -> [Step] { [.change(.setMirrorTraffic(traffic))] }
}

extension StageAction {
    package static func mirrorTraffic(_ traffic: Traffic) -> StageAction {
        StageAction(MirrorTrafficAction(traffic: traffic))
    }
}
