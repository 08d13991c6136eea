internal import Rollouts

/// The candidate serves no client when it is deployed.
///
/// A playbook that names its roles takes the candidate for free. Where the endpoint's clients are shared between two
/// deployments, as an unfinished canary leaves them, a deployment of the smaller one would replace a version that some of
/// them use, before any test.
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
        "'\(name)' is the candidate and serves \(share) % of the clients, who would get another version at once"
    }
    fileprivate static func giveAll(_ live: Name, on endpoint: Name) -> String {
        "end the canary that is on the endpoint first: give '\(live)' all traffic of endpoint '\(endpoint)'"
    }
}
