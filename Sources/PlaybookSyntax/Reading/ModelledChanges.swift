internal import Rollouts

extension StageAction {
    /// The changes that the action comes to on `endpoint`.
    ///
    /// A deployment that gets live traffic is first taken out of the mirror, since it cannot have both.
    func modelledChanges(on endpoint: EndpointSnapshot?) -> [Change] {
        switch self {
        case .define(let definition, let deployment, let allTraffic):
            var changes: [Change] = [.putEndpoint(definition)]
            if let deployment {
                changes.append(.putDeployment(deployment))
                if allTraffic { changes += Self.liveTraffic([deployment.name: 100], on: endpoint) }
            }
            return changes
        case .scale(let name, let count): return [.scale(name, instanceCount: count)]
        case .deploy(let definition): return [.putDeployment(definition)]
        case .mirrorTraffic(let traffic): return [.setMirrorTraffic(traffic)]
        case .traffic(let traffic): return Self.liveTraffic(traffic, on: endpoint)
        case .deleteDeployment(let name): return [.deleteDeployment(name)]
        case .deleteEndpoint: return [.deleteEndpoint]
        case .invoke, .wait, .run: return []
        }
    }

    private static func liveTraffic(_ traffic: Traffic, on endpoint: EndpointSnapshot?) -> [Change] {
        let mirrored = endpoint?.mirrorTraffic.wanted.deployments ?? []
        return (mirrored.contains { traffic[$0] != 0 } ? [.setMirrorTraffic(.none)] : []) + [.setTraffic(traffic)]
    }

    /// The deployments that must be there.
    var usedDeployments: [Name] {
        switch self {
        case .scale(let name, _): [name]
        case .invoke(let invocation): [invocation.deployment].compactMap(\.self)
        case .mirrorTraffic(let traffic), .traffic(let traffic): traffic.deployments
        case .deleteDeployment(let name): [name]
        case .define, .deploy, .deleteEndpoint, .wait, .run: []
        }
    }
}

extension EndpointModel {
    /// Makes `change` so although a rule is against it, so that one mistake is not reported again at every later stage.
    mutating func force(_ change: Change) {
        switch change {
        case .putEndpoint(let definition):
            if endpoint == nil { endpoint = EndpointSnapshot(definition: definition, kind: kind) }
        case .putDeployment(let definition): assume(definition)
        case .scale: break
        case .setTraffic(let traffic): endpoint?.traffic = Wanted(traffic)
        case .setMirrorTraffic(let traffic): endpoint?.mirrorTraffic = Wanted(traffic)
        case .deleteDeployment(let name):
            endpoint?.deployments.removeAll { $0.name == name }
            for path in [\EndpointSnapshot.traffic, \.mirrorTraffic] {
                guard var traffic = endpoint?[keyPath: path].wanted else { continue }
                traffic[name] = 0
                endpoint?[keyPath: path] = Wanted(traffic)
            }
        case .deleteEndpoint: endpoint = nil
        }
    }

    /// Puts a deployment that serves where there is none of its name.
    mutating func assume(_ definition: DeploymentDefinition) {
        guard endpoint?.deployment(definition.name) == nil else { return }
        var definition = definition
        definition.instanceCount = max(definition.instanceCount, 1)
        endpoint?.deployments.append(DeploymentSnapshot(definition: definition))
    }
}
