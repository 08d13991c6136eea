internal import RolloutEngine
internal import Rollouts

/// Mirroring is off when the playbook ends.
///
/// A forgotten mirror keeps loading its deployment, which then cannot be deleted. A `traffic` stage that gives the
/// mirrored deployment live traffic ends mirroring, and so does `mirror_traffic: {}`.
struct MirrorLeftOn: PlaybookRule {
    private var place: Location?

    mutating func check(_ moment: Moment) -> [Finding] {
        if let traffic = moment.stage.stage.action.mirrorTraffic, !traffic.isEmpty {
            place = moment.stage.actionLocation
        }
        return []
    }

    func checkEnd(_ endpoint: EndpointSnapshot?) -> [Finding] {
        guard let place, let endpoint, !endpoint.mirrorTraffic.wanted.isEmpty else { return [] }
        return [finding(at: place, .leftOn(endpoint.mirrorTraffic.wanted), help: .help)]
    }
}

extension String {
    fileprivate static func leftOn(_ traffic: Traffic) -> String {
        "mirroring to \(traffic) is still on when the playbook ends"
    }
    fileprivate static let help = "add a stage with 'mirror_traffic: {}', or one that gives the deployment live traffic"
}
