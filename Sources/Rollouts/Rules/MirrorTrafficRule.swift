/// Traffic is mirrored to one deployment, at most 50 % of it, and never on Kubernetes (AzureCompatibility.md).
package struct MirrorTrafficRule: ChangeRule {
    /// The largest mirror traffic in percent.
    package static let limit = 50

    package init() {}

    package func violation(of change: Change, on endpoint: EndpointSnapshot?, kind: EndpointKind) -> Violation? {
        guard case .setMirrorTraffic(let traffic) = change else { return nil }
        return violation(of: traffic, kind: kind)
    }

    /// Why `traffic` can never be mirror traffic of an endpoint of `kind`, or nil.
    package func violation(of traffic: Traffic, kind: EndpointKind) -> Violation? {
        guard !traffic.isEmpty else { return nil }
        guard kind.mirrors else {
            return Violation(rule: "mirror-traffic", message: "\(kind.rawValue) does not mirror traffic")
        }
        guard traffic.deployments.count == 1 else {
            return Violation(
                rule: "mirror-traffic", message: "traffic is mirrored to one deployment only, not to \(traffic)")
        }
        guard (0...Self.limit).contains(traffic.sum) else {
            return Violation(
                rule: "mirror-traffic",
                message: "mirror traffic of \(traffic.sum) % is not possible: it must be 0 to \(Self.limit)")
        }
        return nil
    }
}
