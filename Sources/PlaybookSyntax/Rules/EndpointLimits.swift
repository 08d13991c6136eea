internal import Rollouts

/// An endpoint's other limits hold: 1 to 50 instances a deployment, 20 deployments an endpoint.
///
/// These are Azure's quotas for online endpoints; what exceeds them is refused in the middle of a rollout. Whatever else
/// the model of the endpoint refuses, and no rule of its own explains, is reported here too.
struct EndpointLimits: PlaybookRule {
    /// What other rules report, and (request-limits) the check of the deployment file itself.
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
