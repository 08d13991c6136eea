internal import Rollouts

/// A deployment that has served clients is deleted after the last gate.
///
/// If a gate fails, the run goes back to what served at its start. A deployment that is gone by then must be deployed
/// again first, which takes minutes, while the deployment that failed the gate serves.
struct DeletesAfterGates: PlaybookRule {
    /// Deployments that had traffic so far.
    private var live: Set<Name> = []
    /// Those among them that were deleted, with the stages that deleted them.
    private var deleted: [(name: Name, stage: PlacedStage)] = []

    mutating func check(_ moment: Moment) -> [Finding] {
        live.formUnion(moment.before?.traffic.wanted.deployments ?? [])
        let stage = moment.stage.stage
        var early = stage.approval == nil && stage.analysis == nil ? [] : deleted
        if let name = stage.action.deletedDeployment, live.contains(name) {
            deleted.append((name, moment.stage))
            if stage.analysis != nil { early.append((name, moment.stage)) }
        }
        deleted.removeAll { item in early.contains { $0.name == item.name } }
        return early.map { item in
            finding(
                .warning, at: item.stage.location(of: item.name), .early(item.name, gate: stage.name), help: .help)
        }
    }
}

extension String {
    fileprivate static func early(_ name: Name, gate: String) -> String {
        "'\(name)' has served clients and is deleted before the gate of stage \(gate.quoted): if the gate fails, "
            + "rolling back has to deploy it again"
    }
    fileprivate static let help = "delete it after the last stage with an 'approval' or an 'analysis'"
}
