internal import Rollouts

/// The endpoint stays within its limits: 1 to 50 instances per deployment, 20 deployments per endpoint.
///
/// These are Azure's quotas for online endpoints; a change that exceeds them is refused in the middle of a rollout.
/// This rule also reports all violations of the endpoint model that no other rule explains.
struct EndpointLimits: PlaybookRule {
    /// Violations that other rules report or, for request-limits, the check of the deployment file.
    private static let explained: Set<String> = [
        "existence", "naming", "traffic-sum", "mirror-traffic", "exclusive-traffic", "delete-with-traffic",
        "request-limits",
    ]

    func check(_ moment: Moment) -> [Finding] {
        moment.steps.flatMap(\.violations).filter { !Self.explained.contains($0.rule) }.map {
            finding(at: moment.stage.argument, $0.message, help: .help)
        }
    }
}

extension String {
    fileprivate static let help =
        "an endpoint has at most \(DeploymentLimitRule.limit) deployments of 1 to "
        + "\(InstanceLimitRule.limit) instances"
}
