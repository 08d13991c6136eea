/// Mirror traffic goes to one deployment, is at most 50 %, and is not supported on Kubernetes (AzureCompatibility.md).
package struct MirrorTrafficRule: ChangeRule {
    /// The largest mirror traffic in percent.
    package static let limit = 50

    package init() {}

    package func violation(of change: Change, on endpoint: EndpointSnapshot?, kind: EndpointKind) -> Violation? {
        guard case .setMirrorTraffic(let traffic) = change else { return nil }
        return violation(of: traffic, kind: kind)
    }

    /// Returns why `traffic` can never be the mirror traffic of an endpoint of `kind`, or `nil` if it can.
    package func violation(of traffic: Traffic, kind: EndpointKind) -> Violation? {
        guard !traffic.isEmpty else { return nil }
        guard kind.mirrors else {
            return Violation(rule: "mirror-traffic", message: "\(kind.rawValue) does not mirror traffic")
        }
        guard traffic.deployments.count == 1 else {
            return Violation(
                rule: "mirror-traffic", message: "traffic can be mirrored to only one deployment, not to \(traffic)")
        }
        guard (0...Self.limit).contains(traffic.sum) else {
            return Violation(
                rule: "mirror-traffic",
                message: "mirror traffic is \(traffic.sum) %, but must be 0 to \(Self.limit) %")
        }
        return nil
    }
}
