internal import RolloutEngine
internal import Rollouts

/// A stage uses only what the backend supports.
///
/// Kubernetes endpoints do not mirror traffic, for example, so a run would fail at that stage. An optional stage has
/// `when: "${{ backend.mirroring }}"`; the run then records that it was skipped, and why.
struct BackendCanDoIt: PlaybookRule {
    static let needsOnlyStage = true

    func check(_ moment: Moment) -> [Finding] {
        guard let traffic = moment.stage.stage.action.mirrorTraffic, !traffic.isEmpty else { return [] }
        guard let limit = moment.capabilities.mirrorLimit, moment.capabilities.kind.mirrors else {
            return [
                finding(at: moment.stage.actionLocation, .noMirroring(moment.capabilities.name), help: .skip)
            ]
        }
        guard traffic.sum > limit, limit < MirrorTrafficRule.limit else { return [] }
        return [
            finding(
                at: moment.stage.argument, .tooMuch(moment.capabilities.name, traffic.sum),
                help: "mirror at most \(limit) %")
        ]
    }
}

extension String {
    fileprivate static func noMirroring(_ backend: String) -> String { "\(backend) does not mirror traffic" }
    fileprivate static func tooMuch(_ backend: String, _ percent: Int) -> String {
        "\(backend) cannot mirror \(percent) % of the traffic"
    }
    fileprivate static let skip =
        "add 'when: \"${{ backend.mirroring }}\"' to skip the stage on backends without mirroring"
}
