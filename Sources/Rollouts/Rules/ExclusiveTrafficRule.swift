/// A deployment has live or mirrored traffic, never both (AzureCompatibility.md).
package struct ExclusiveTrafficRule: ChangeRule {
    package init() {}

    package func violation(of change: Change, on endpoint: EndpointSnapshot?, kind: EndpointKind) -> Violation? {
        guard let endpoint else { return nil }
        return switch change {
        case .setTraffic(let traffic): violation(live: traffic, mirrored: endpoint.mirrorTraffic.wanted)
        case .setMirrorTraffic(let traffic): violation(live: endpoint.traffic.wanted, mirrored: traffic)
        default: nil
        }
    }

    /// Returns why live and mirror traffic conflict, or `nil` if they do not.
    package func violation(live: Traffic, mirrored: Traffic) -> Violation? {
        guard let name = mirrored.deployments.first(where: { live[$0] != 0 }) else { return nil }
        return Violation(
            rule: "exclusive-traffic",
            message: "deployment \(name) cannot have live traffic (\(live[name]) %) and mirrored traffic "
                + "(\(mirrored[name]) %) at once")
    }
}
