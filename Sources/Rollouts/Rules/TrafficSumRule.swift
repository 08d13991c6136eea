/// Live traffic consists of whole percentages from 0 to 100 that sum to 0 or 100 (AzureCompatibility.md).
package struct TrafficSumRule: ChangeRule {
    package init() {}

    package func violation(of change: Change, on endpoint: EndpointSnapshot?, kind: EndpointKind) -> Violation? {
        guard case .setTraffic(let traffic) = change else { return nil }
        return violation(of: traffic)
    }

    /// Returns why `traffic` can never be live traffic, or `nil` if it can.
    package func violation(of traffic: Traffic) -> Violation? {
        for name in traffic.deployments where !(0...100).contains(traffic[name]) {
            return Violation(
                rule: "traffic-sum", message: "the traffic of \(name) is \(traffic[name]) %: it must be 0 to 100")
        }
        guard traffic.sum == 0 || traffic.sum == 100 else {
            return Violation(rule: "traffic-sum", message: "traffic sums to \(traffic.sum) %: it must be 100 or 0")
        }
        return nil
    }
}
