package import Rollouts

/// What a stage's action comes to on `endpoint`, in order.
///
/// A `traffic` action first turns the mirror off for every deployment to which it gives live traffic: the two exclude
/// each other (AZURE.md, Rules).
package func steps(of action: StageAction, on endpoint: EndpointSnapshot?) -> [Step] {
    switch action {
    case .define(let definition, let deployment, let allTraffic):
        var changes: [Change] = [.putEndpoint(definition)]
        if let deployment {
            changes.append(.putDeployment(deployment))
            if allTraffic {
                changes += settingTraffic([deployment.name: 100], on: endpoint)
            }
        }
        return changes.map(Step.change)
    case .scale(let name, let count): return [.change(.scale(name, instanceCount: count))]
    case .deploy(let definition): return [.change(.putDeployment(definition))]
    case .invoke(let invocation): return [.invoke(invocation)]
    case .mirrorTraffic(let traffic): return [.change(.setMirrorTraffic(traffic))]
    case .traffic(let traffic): return settingTraffic(traffic, on: endpoint).map(Step.change)
    case .deleteDeployment(let name): return [.change(.deleteDeployment(name))]
    case .deleteEndpoint: return [.change(.deleteEndpoint)]
    case .wait: return []
    case .run(let command): return [.run(command)]
    }
}

/// The changes that make `traffic` the live traffic of `endpoint`.
func settingTraffic(_ traffic: Traffic, on endpoint: EndpointSnapshot?) -> [Change] {
    var mirror = endpoint?.mirrorTraffic.wanted ?? .none
    let conflicting = mirror.deployments.filter { traffic[$0] != 0 }
    guard !conflicting.isEmpty else { return [.setTraffic(traffic)] }
    for name in conflicting { mirror[name] = 0 }
    return [.setMirrorTraffic(mirror), .setTraffic(traffic)]
}

extension StageAction {
    /// True when the action looks at or changes the endpoint.
    package var touchesEndpoint: Bool { kind.touchesEndpoint }

    /// The deployments that must be there.
    package var usedDeployments: [Name] {
        switch self {
        case .scale(let name, _), .deleteDeployment(let name): [name]
        case .invoke(let invocation): invocation.deployment.map { [$0] } ?? []
        case .traffic(let traffic), .mirrorTraffic(let traffic): traffic.deployments
        case .define, .deploy, .deleteEndpoint, .wait, .run: []
        }
    }
}

extension StageAction.Kind {
    /// True when actions of the kind look at or change the endpoint.
    package var touchesEndpoint: Bool {
        switch self {
        case .define, .scale, .deploy, .invoke, .mirrorTraffic, .traffic, .delete: true
        case .wait, .run: false
        }
    }
}

/// The changes among the steps of `action`.
package func changes(of action: StageAction, on endpoint: EndpointSnapshot?) -> [Change] {
    steps(of: action, on: endpoint).compactMap { step in
        guard case .change(let change) = step else { return nil }
        return change
    }
}
