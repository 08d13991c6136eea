internal import Rollouts

/// Neither a deployment with traffic nor an endpoint that has one is deleted.
///
/// Clients would get errors, or the mirror would lose its target. Move the traffic first with a `traffic` stage, or
/// take it all away with `traffic: {}`.
struct NoDeleteWithTraffic: PlaybookRule {
    func check(_ moment: Moment) -> [Finding] {
        moment.violations(of: "delete-with-traffic").map { violation in
            guard let name = moment.stage.stage.action.deletedDeployment else {
                return finding(at: moment.stage.argument, violation.message, help: .noTraffic)
            }
            return finding(at: moment.stage.location(of: name), violation.message, help: .moveTraffic)
        }
    }
}

extension String {
    fileprivate static let moveTraffic =
        "put a traffic stage before it that gives the deployment 0 percent, and end its mirroring"
    fileprivate static let noTraffic = "put stages before it that set 'traffic: {}' and end mirroring"
}
