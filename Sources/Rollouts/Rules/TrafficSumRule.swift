/// Live traffic is in whole percents from 0 to 100 that sum to 0 or to 100 (AzureCompatibility.md).
package struct TrafficSumRule: ChangeRule {
    package init() {}

    package func violation(of change: Change, on endpoint: EndpointSnapshot?, kind: EndpointKind) -> Violation? {
        guard case .setTraffic(let traffic) = change else { return nil }
        return violation(of: traffic)
    }

    /// Why `traffic` can never be live traffic, or nil.
    package func violation(of traffic: Traffic) -> Violation? {
        for name in traffic.deployments where !(0...100).contains(traffic[name]) {
            return Violation(
                rule: "traffic-sum", message: "the traffic of \(name) is \(traffic[name]) %: 0 to 100 are possible")
        }
        guard traffic.sum == 0 || traffic.sum == 100 else {
            return Violation(rule: "traffic-sum", message: "traffic sums to \(traffic.sum) %: it must be 100 or 0")
        }
        return nil
    }
}
