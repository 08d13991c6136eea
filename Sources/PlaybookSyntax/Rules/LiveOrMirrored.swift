internal import Rollouts

/// A deployment has live or mirrored traffic, never both.
///
/// A `traffic` stage ends mirroring to a deployment that it gives live traffic, but traffic cannot be mirrored to a
/// deployment that already serves clients.
struct LiveOrMirrored: PlaybookRule {
    func check(_ moment: Moment) -> [Finding] {
        moment.steps.flatMap { step in
            step.violations.filter { $0.rule == "exclusive-traffic" }.map { violation in
                let live = step.before?.traffic.wanted ?? .none
                let both =
                    switch step.change {
                    case .setMirrorTraffic(let traffic): traffic.deployments.first { live[$0] != 0 }
                    default: Name?.none
                    }
                let place = both.map { moment.stage.location(of: $0) } ?? moment.stage.argument
                return finding(at: place, violation.message, help: .help)
            }
        }
    }
}

extension String {
    fileprivate static let help = "mirror to a deployment without live traffic"
}
