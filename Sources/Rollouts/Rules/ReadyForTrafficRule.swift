/// Only a ready deployment can receive live or mirror traffic.
package struct ReadyForTrafficRule: ChangeRule {
    package init() {}

    package func violation(of change: Change, on endpoint: EndpointSnapshot?, kind: EndpointKind) -> Violation? {
        guard let endpoint else { return nil }
        let names: [Name]
        switch change {
        case .setTraffic(let traffic):
            names = traffic.deployments.filter { traffic[$0] > endpoint.traffic.wanted[$0] }
        case .setMirrorTraffic(let traffic): names = traffic.deployments
        default: return nil
        }
        for name in names {
            guard let deployment = endpoint.deployment(name), !deployment.isReady else { continue }
            return Violation(
                rule: "ready-for-traffic",
                message: "deployment \(name) cannot be given traffic: it is \(deployment.state.rawValue) with "
                    + "\(deployment.instances.ready) of \(deployment.instances.wanted) instances ready",
                isTemporary: deployment.state.isBusy)
        }
        return nil
    }
}
