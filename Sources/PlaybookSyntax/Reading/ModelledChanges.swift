internal import Rollouts

extension EndpointModel {
    /// Applies `change` although it violates a rule, so that one mistake is not reported again at every later stage.
    mutating func force(_ change: Change) {
        switch change {
        case .putEndpoint(let definition):
            if endpoint == nil { endpoint = EndpointSnapshot(definition: definition, kind: kind) }
        case .putDeployment(let definition): assume(definition)
        case .scale: break
        case .setTraffic(let traffic): endpoint?.traffic = DesiredAndActual(traffic)
        case .setMirrorTraffic(let traffic): endpoint?.mirrorTraffic = DesiredAndActual(traffic)
        case .deleteDeployment(let name):
            endpoint?.deployments.removeAll { $0.name == name }
            for path in [\EndpointSnapshot.traffic, \.mirrorTraffic] {
                guard var traffic = endpoint?[keyPath: path].wanted else { continue }
                traffic[name] = 0
                endpoint?[keyPath: path] = DesiredAndActual(traffic)
            }
        case .deleteEndpoint: endpoint = nil
        }
    }

    /// Adds a ready deployment unless one of that name exists.
    mutating func assume(_ definition: DeploymentDefinition) {
        guard endpoint?.deployment(definition.name) == nil else { return }
        var definition = definition
        definition.instanceCount = max(definition.instanceCount, 1)
        endpoint?.deployments.append(DeploymentSnapshot(definition: definition))
    }
}
