/// The subject of a change must exist; traffic can only be set after its deployments exist.
package struct ExistenceRule: ChangeRule {
    package init() {}

    package func violation(of change: Change, on endpoint: EndpointSnapshot?, kind: EndpointKind) -> Violation? {
        let needed: [Name]
        switch change {
        case .putEndpoint, .deleteEndpoint, .deleteDeployment: return nil
        case .putDeployment: needed = []
        case .scale(let name, _): needed = [name]
        case .setTraffic(let traffic): needed = traffic.deployments
        case .setMirrorTraffic(let traffic): needed = traffic.deployments
        }
        guard let endpoint else {
            return Violation(rule: "existence", message: "there is no endpoint yet: define it before '\(change)'")
        }
        for name in needed where endpoint.deployment(name) == nil {
            return Violation(
                rule: "existence", message: "endpoint \(endpoint.name) has no deployment \(name): deploy it first")
        }
        return nil
    }
}
