/// A deployment with traffic cannot be deleted, nor can an endpoint that serves clients (AzureCompatibility.md).
///
/// Azure does delete endpoints with traffic; Turnout removes the traffic first, so that "nothing that has traffic is
/// deleted" holds for both.
package struct DeleteWithTrafficRule: ChangeRule {
    package init() {}

    package func violation(of change: Change, on endpoint: EndpointSnapshot?, kind: EndpointKind) -> Violation? {
        guard let endpoint else { return nil }
        let names: [Name]
        switch change {
        case .deleteDeployment(let name): names = [name]
        case .deleteEndpoint: names = endpoint.deployments.map(\.name)
        default: return nil
        }
        for name in names {
            let live = max(endpoint.traffic.wanted[name], endpoint.traffic.actual[name])
            let mirrored = max(endpoint.mirrorTraffic.wanted[name], endpoint.mirrorTraffic.actual[name])
            guard live != 0 || mirrored != 0 else { continue }
            return Violation(
                rule: "delete-with-traffic",
                message: "Can't delete deployment [\(name)] with non-zero traffic weight: it has "
                    + (live != 0 ? "\(live) % of live traffic" : "\(mirrored) % of mirrored traffic"))
        }
        return nil
    }
}
