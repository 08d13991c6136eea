/// A deployment has 1 to 50 instances (AzureCompatibility.md).
package struct InstanceLimitRule: ChangeRule {
    package static let limit = 50

    package init() {}

    package func violation(of change: Change, on endpoint: EndpointSnapshot?, kind: EndpointKind) -> Violation? {
        switch change {
        case .putDeployment(let definition): violation(of: definition.instanceCount, deployment: definition.name)
        case .scale(let name, let count): violation(of: count, deployment: name)
        default: nil
        }
    }

    private func violation(of count: Int, deployment: Name) -> Violation? {
        guard !(1...Self.limit).contains(count) else { return nil }
        return Violation(
            rule: "instance-limit",
            message: "deployment \(deployment) cannot have \(count) instances: the count must be 1 to \(Self.limit)")
    }
}
