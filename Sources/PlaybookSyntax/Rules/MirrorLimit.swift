internal import RolloutEngine
internal import Rollouts

/// At most 50 % of the traffic is mirrored, and to one deployment only.
///
/// Mirroring copies requests, which loads the network of the endpoint; the limit is Azure's.
struct MirrorLimit: PlaybookRule {
    static let needsOnlyStage = true

    func check(_ moment: Moment) -> [Finding] {
        guard let traffic = moment.stage.stage.action.mirrorTraffic,
            let violation = MirrorTrafficRule().violation(of: traffic, kind: .managed)
        else { return [] }
        return [finding(at: moment.stage.argument, violation.message, help: .help)]
    }
}

extension String {
    fileprivate static let help =
        "name one deployment with 1 to \(MirrorTrafficRule.limit) percent, or {} to stop mirroring"
}
