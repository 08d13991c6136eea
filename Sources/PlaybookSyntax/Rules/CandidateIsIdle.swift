internal import Rollouts

/// The candidate serves no clients when it is deployed.
///
/// A playbook that uses roles assumes that the candidate is idle. If two deployments share the endpoint's clients, as
/// an unfinished canary leaves them, deploying the smaller one would replace a version that some clients use, before
/// any test.
struct CandidateIsIdle: PlaybookRule {
    func check(_ moment: Moment) -> [Finding] {
        guard let roles = moment.roles, let definition = moment.stage.stage.action.deployment,
            definition.name == roles.candidate, let endpoint = moment.before
        else { return [] }
        let share = endpoint.traffic.wanted[definition.name]
        guard share > 0 else { return [] }
        return [
            finding(
                at: moment.stage.location(of: definition.name), .serves(definition.name, share),
                help: .giveAll(roles.live ?? definition.name, on: endpoint.name))
        ]
    }
}

extension String {
    fileprivate static func serves(_ name: Name, _ share: Int) -> String {
        "'\(name)' is the candidate but serves \(share) % of the clients, which would get the new version at once"
    }
    fileprivate static func giveAll(_ live: Name, on endpoint: Name) -> String {
        "end the canary on the endpoint first: give '\(live)' all traffic of endpoint '\(endpoint)'"
    }
}
