/// A model of a managed or Kubernetes online endpoint as a pure value: it accepts changes and applies them.
///
/// The playbook checker plays a plan on it, the simulated backend adds time and faults, and the exhaustive check
/// explores it.
package struct EndpointModel: Hashable, Sendable {
    package var kind: EndpointKind
    /// `nil` if the endpoint does not exist.
    package var endpoint: EndpointSnapshot?

    package init(kind: EndpointKind, endpoint: EndpointSnapshot? = nil) {
        self.kind = kind
        self.endpoint = endpoint
    }

    /// Returns why `change` is refused at present, or `nil` if it is accepted.
    ///
    /// A change that is already complete is never refused.
    package func violation(of change: Change) -> Violation? {
        guard !change.isDone(in: endpoint) else { return nil }
        for rule in changeRules {
            if let violation = rule.violation(of: change, on: endpoint, kind: kind) { return violation }
        }
        return nil
    }

    /// Accepts `change`: its desired state is set, and the resource stays busy until ``settle(_:)``.
    package mutating func accept(_ change: Change) throws(Violation) {
        if let violation = violation(of: change) { throw violation }
        switch change {
        case .putEndpoint(let definition):
            if endpoint == nil {
                endpoint = EndpointSnapshot(definition: definition, kind: kind, state: .creating)
            } else {
                guard endpoint?.definition != definition else { return }
                endpoint?.definition = definition
                endpoint?.state = .updating
            }
        case .putDeployment(let definition): put(definition)
        case .scale(let name, let count):
            update(name) { deployment in
                guard deployment.instances.wanted != count else { return }
                deployment.instances.wanted = count
                deployment.definition.instanceCount = count
                deployment.state = .scaling
            }
        case .setTraffic(let traffic):
            guard endpoint?.traffic.wanted != traffic else { return }
            let spelled = spelled(traffic)
            endpoint?.traffic.wanted = spelled
            endpoint?.state = .updating
        case .setMirrorTraffic(let traffic):
            guard endpoint?.mirrorTraffic.wanted != traffic else { return }
            let spelled = spelled(traffic)
            endpoint?.mirrorTraffic.wanted = spelled
            endpoint?.state = .updating
        case .deleteDeployment(let name): update(name) { $0.state = .deleting }
        case .deleteEndpoint: endpoint?.state = .deleting
        }
    }

    /// Completes `change`: the actual state becomes the desired one.
    package mutating func settle(_ change: Change) {
        switch change {
        case .putEndpoint: endpoint?.state = .succeeded
        case .putDeployment(let definition): settleDeployment(definition.name)
        case .scale(let name, _): settleDeployment(name)
        case .setTraffic, .setMirrorTraffic:
            guard let present = endpoint else { return }
            endpoint?.traffic.actual = present.traffic.wanted
            endpoint?.mirrorTraffic.actual = present.mirrorTraffic.wanted
            endpoint?.state = .succeeded
        case .deleteDeployment(let name): endpoint?.deployments.removeAll { $0.name == name }
        case .deleteEndpoint: endpoint = nil
        }
    }

    /// Fails a deployment's change with `reason`.
    package mutating func fail(_ deployment: Name, reason: String) {
        update(deployment) {
            $0.state = .failed
            $0.instances.failed = max($0.instances.wanted - $0.instances.ready, 0)
            $0.reason = reason
        }
    }

    /// Returns the traffic with the deployments' names in their original case.
    private func spelled(_ traffic: Traffic) -> Traffic {
        Traffic(
            Dictionary(
                traffic.percents.map { (endpoint?.deployment($0)?.name ?? $0, $1) },
                uniquingKeysWith: { first, _ in first }))
    }

    private mutating func put(_ definition: DeploymentDefinition) {
        guard endpoint?.deployment(definition.name) != nil else {
            let new = DeploymentSnapshot(
                definition: definition, state: .creating,
                instances: .init(wanted: definition.instanceCount, ready: 0))
            endpoint?.deployments.append(new)
            endpoint?.deployments.sort { $0.name < $1.name }
            return
        }
        update(definition.name) { deployment in
            guard deployment.definition != definition || deployment.state == .failed else { return }
            deployment.definition = definition
            deployment.instances.wanted = definition.instanceCount
            deployment.instances.failed = 0
            deployment.state = .updating
            deployment.reason = nil
        }
    }

    private mutating func settleDeployment(_ name: Name) {
        update(name) {
            $0.state = .succeeded
            $0.instances = .init(wanted: $0.instances.wanted, ready: $0.instances.wanted)
            $0.reason = nil
        }
    }

    private mutating func update(_ name: Name, _ body: (inout DeploymentSnapshot) -> Void) {
        guard let index = endpoint?.deployments.firstIndex(where: { $0.name == name }) else { return }
        if var deployment = endpoint?.deployments[index] {
            body(&deployment)
            endpoint?.deployments[index] = deployment
        }
    }
}
