internal import AzureEndpoints
internal import HTTPTypes
internal import PlaybookSyntax
internal import Rollouts
internal import SimulatedEndpoints

/// The fault `refuse_updating` of a simulated server: changes that concern its deployment are refused for a while.
extension EndpointRegistry {
    /// How long changes are refused by default.
    ///
    /// The simulated backend's default is five minutes of virtual time; here a person waits.
    private static let standardRefusal = Interval.seconds(10)

    /// Throws while changes that concern a deployment with the fault are refused, starting with the first such change.
    func refuseWhileFaulty(_ change: Change, of endpoint: Name) throws(ControlError) {
        guard !change.isDone(in: records[endpoint].map(live)) else { return }
        for name in concerned(by: change) {
            guard let profile = profile(of: name, in: change, endpoint), profile.fault == .refuseUpdating else {
                continue
            }
            let until = refusals[endpoint]?[name] ?? now() + (profile.faultAfter ?? Self.standardRefusal)
            refusals[endpoint, default: [:]][name] = until
            guard now() < until else { continue }
            throw ControlError(
                .conflict, "Conflict",
                "Cannot change endpoint \(records[endpoint]?.name ?? endpoint) (\(change)) because it is in Updating "
                    + "provisioning state.",
                retryAfter: 1)
        }
    }

    private func concerned(by change: Change) -> [Name] {
        switch change {
        case .setTraffic(let traffic), .setMirrorTraffic(let traffic): traffic.deployments
        case .putDeployment(let definition): [definition.name]
        case .scale(let name, _), .deleteDeployment(let name): [name]
        case .putEndpoint, .deleteEndpoint: []
        }
    }

    /// The profile that simulates the deployment after `change`; nil if it is not simulated.
    private func profile(of name: Name, in change: Change, _ endpoint: Name) -> DeploymentProfile? {
        let text: String?
        if case .putDeployment(let definition) = change {
            text = definition.document["properties"]?["properties"]?[InstanceChoice.key]?.string
        } else {
            let resource = records[endpoint]?.deployments[name]?.resource
            text = resource?.properties.properties?[InstanceChoice.key]
        }
        guard let text else { return nil }
        do throws(SettingsProblem) {
            guard case .simulate(let profile, _) = try InstanceChoice(property: text) else { return nil }
            return profile
        } catch {
            return nil  // an invalid property is refused elsewhere
        }
    }
}
