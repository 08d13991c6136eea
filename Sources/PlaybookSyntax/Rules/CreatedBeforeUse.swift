internal import RolloutEngine
internal import Rollouts
internal import Support

/// A deployment is created before it is used.
///
/// Traffic, scaling, tests and deletion need the deployment, so a `define` or `deploy` stage with its file comes first.
/// A playbook that does not define its endpoint may use existing deployments, but not those that it deleted itself.
struct CreatedBeforeUse: PlaybookRule {
    func check(_ moment: Moment) -> [Finding] {
        let action = moment.stage.stage.action
        // A run stage uses the deployments that it names.
        let used = action.command != nil ? moment.stage.names.map(\.name) : action.usedDeployments
        guard let endpoint = moment.before else {
            let needsEndpoint = moment.steps.flatMap(\.violations).first { $0.rule == "existence" } != nil
            guard needsEndpoint || !used.isEmpty || action.invocation != nil else { return [] }
            return [finding(at: moment.stage.actionLocation, .noEndpoint, help: .defineFirst)]
        }
        return used.compactMap { name in
            guard
                let violation = ExistenceRule().violation(
                    of: .scale(name, instanceCount: 1), on: endpoint, kind: moment.capabilities.kind)
            else { return nil }
            let names = endpoint.deployments.map(\.name.text)
            let help = didYouMean(name.text, among: names) ?? .deployFirst(name)
            return finding(at: moment.stage.location(of: name), violation.message, help: help)
        }
    }
}

extension String {
    fileprivate static let noEndpoint = "the endpoint does not exist at this stage"
    fileprivate static let defineFirst = "put a define stage before it"
    fileprivate static func deployFirst(_ name: Name) -> String { "put a deploy stage for '\(name)' before it" }
}
