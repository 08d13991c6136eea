/// An endpoint has at most 20 deployments (AzureCompatibility.md).
package struct DeploymentLimitRule: ChangeRule {
    package static let limit = 20

    package init() {}

    package func violation(of change: Change, on endpoint: EndpointSnapshot?, kind: EndpointKind) -> Violation? {
        guard case .putDeployment(let definition) = change, let endpoint,
            endpoint.deployment(definition.name) == nil, endpoint.deployments.count >= Self.limit
        else { return nil }
        return Violation(
            rule: "deployment-limit",
            message: "endpoint \(endpoint.name) already has \(endpoint.deployments.count) deployments "
                + "(the limit is \(Self.limit)): delete one before you deploy \(definition.name)")
    }
}
