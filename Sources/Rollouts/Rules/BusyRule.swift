/// An endpoint or deployment that is being changed refuses further changes (AzureCompatibility.md).
package struct BusyRule: ChangeRule {
    package init() {}

    package func violation(of change: Change, on endpoint: EndpointSnapshot?, kind: EndpointKind) -> Violation? {
        guard let endpoint else { return nil }
        if endpoint.state.isBusy { return refusal(of: change, by: "endpoint \(endpoint.name)", in: endpoint.state) }
        let deployment: Name
        switch change {
        case .putDeployment(let definition): deployment = definition.name
        case .scale(let name, _), .deleteDeployment(let name): deployment = name
        case .putEndpoint, .setTraffic, .setMirrorTraffic, .deleteEndpoint: return nil
        }
        guard let present = endpoint.deployment(deployment), present.state.isBusy else { return nil }
        return refusal(of: change, by: "deployment \(deployment)", in: present.state)
    }

    private func refusal(of change: Change, by resource: String, in state: ProvisioningState) -> Violation {
        Violation(
            rule: "busy",
            message: "Cannot change \(resource) (\(change)) because it is in \(state.rawValue) provisioning state.",
            isTemporary: true)
    }
}
