/// Sets the complete live traffic.
package struct TrafficAction: PlaybookAction {
    package static let kind = StageAction.Kind.traffic
    package static let defaultTimeout = Interval.minutes(30)

    package var traffic: Traffic

    private enum CodingKeys: String, CodingKey {
        case traffic = "_0"
    }

    package func steps(on endpoint: EndpointSnapshot?) -> [Step] {
        Change.settingTraffic(traffic, on: endpoint).map(Step.change)
    }
}

extension StageAction {
    package static func traffic(_ traffic: Traffic) -> StageAction { StageAction(TrafficAction(traffic: traffic)) }
}

extension Change {
    /// Returns the changes that make `traffic` the live traffic of `endpoint`.
    ///
    /// Mirroring is first turned off for every deployment that receives live traffic, because Azure does not allow
    /// both.
    package static func settingTraffic(_ traffic: Traffic, on endpoint: EndpointSnapshot?) -> [Change] {
        var mirror = endpoint?.mirrorTraffic.wanted ?? .none
        let conflicting = mirror.deployments.filter { traffic[$0] != 0 }
        guard !conflicting.isEmpty else { return [.setTraffic(traffic)] }
        for name in conflicting { mirror[name] = 0 }
        return [.setMirrorTraffic(mirror), .setTraffic(traffic)]
    }
}
