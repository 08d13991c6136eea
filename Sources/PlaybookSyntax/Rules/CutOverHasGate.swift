internal import Rollouts

/// A full cut-over comes after a gate.
///
/// A deployment that gets all traffic from another should have been shown to work: by an `approval`, by a share of the
/// traffic (live or mirrored) that was watched with `analysis`, `for` or a `wait` stage, or by an `invoke` test.
/// Without any of them, all clients at once are the first to see a mistake. A new `deploy` of the deployment voids
/// earlier evidence.
struct CutOverHasGate: PlaybookRule {
    /// Deployments that were tested, watched or approved since they were last deployed.
    private var shown: Set<Name> = []

    mutating func check(_ moment: Moment) -> [Finding] {
        let stage = moment.stage.stage
        var findings: [Finding] = []
        if stage.approval != nil { shown.formUnion((moment.before?.deployments ?? []).map(\.name)) }
        let (action, created) = (stage.action, stage.action.deployment?.name)
        if let created { shown.remove(created) }
        if let invocation = action.invocation {
            shown.formUnion(invocation.deployment.map { [$0] } ?? moment.before?.traffic.wanted.deployments ?? [])
        }
        let live = moment.before?.traffic.wanted ?? .none
        if let traffic = action.liveTraffic, let name = traffic.deployments.first, name != created,
            traffic[name] == 100, live[name] < 100, live.deployments.contains(where: { $0 != name }),
            !shown.contains(name), stage.approval == nil
        {
            findings = [finding(.warning, at: moment.stage.location(of: name), .noGate(name), help: .help)]
        }
        if stage.bake > .zero || stage.analysis != nil || action.content.rest > .zero, let endpoint = moment.after {
            shown.formUnion(endpoint.traffic.wanted.deployments)
            shown.formUnion(endpoint.mirrorTraffic.wanted.deployments)
        }
        return findings
    }
}

extension String {
    fileprivate static func noGate(_ name: Name) -> String {
        "'\(name)' gets all traffic, but no earlier stage shows that it works"
    }
    fileprivate static let help =
        "add an 'approval' to the stage, or put a canary with an 'analysis' or an "
        + "invoke stage before it"
}
