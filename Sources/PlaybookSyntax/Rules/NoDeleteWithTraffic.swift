internal import Rollouts

/// A deployment with traffic is never deleted, nor an endpoint that has one.
///
/// Clients would get errors, or the mirror would lose its target. Traffic goes elsewhere first, by a `traffic` stage,
/// or to nobody by `traffic: {}`.
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
    fileprivate static let moveTraffic = "put a traffic stage before it that gives it 0 percent, and end its mirroring"
    fileprivate static let noTraffic = "put stages before it with 'traffic: {}' and without mirroring"
}
