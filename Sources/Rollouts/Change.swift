internal import Support

/// One idempotent statement of desired state that is sent to a backend.
package indirect enum Change: Hashable, Sendable, Codable {
    case putEndpoint(EndpointDefinition)
    /// Creates or updates the deployment; a new one receives no traffic.
    case putDeployment(DeploymentDefinition)
    case scale(Name, instanceCount: Int)
    /// Sets the complete live traffic; deployments that are not listed get 0.
    case setTraffic(Traffic)
    /// Sets the complete mirror traffic; ``Traffic/none`` turns mirroring off.
    case setMirrorTraffic(Traffic)
    case deleteDeployment(Name)
    /// Deletes the endpoint and its deployments.
    case deleteEndpoint
}

extension Change {
    /// Returns whether the change was already requested of `endpoint`, whether or not it is complete.
    package func isRequested(of endpoint: EndpointSnapshot?) -> Bool {
        switch self {
        case .putEndpoint(let definition):
            endpoint.map { $0.definition == definition && $0.state != .deleting } ?? false
        case .putDeployment(let definition):
            endpoint?.deployment(definition.name).map {
                $0.definition == definition && $0.instances.wanted == definition.instanceCount
                    && $0.state != .deleting
            } ?? false
        case .scale(let name, let count):
            endpoint?.deployment(name).map { $0.instances.wanted == count && $0.state != .deleting } ?? false
        case .setTraffic(let traffic): endpoint.map { $0.traffic.wanted == traffic } ?? false
        case .setMirrorTraffic(let traffic):
            endpoint.map { $0.mirrorTraffic.wanted == traffic } ?? traffic.isEmpty
        case .deleteDeployment(let name):
            endpoint?.deployment(name).map { $0.state == .deleting } ?? true
        case .deleteEndpoint: endpoint.map { $0.state == .deleting } ?? true
        }
    }

    /// Returns whether the change is observed to be complete in `endpoint`; being requested is not enough (P17).
    package func isDone(in endpoint: EndpointSnapshot?) -> Bool {
        guard isRequested(of: endpoint) else { return false }
        switch self {
        case .putEndpoint: return endpoint?.state.isBusy == false
        case .putDeployment(let definition): return endpoint?.deployment(definition.name)?.isReady ?? false
        case .scale(let name, _): return endpoint?.deployment(name)?.isReady ?? false
        case .setTraffic(let traffic):
            return endpoint.map { $0.traffic.actual == traffic && !$0.state.isBusy } ?? false
        case .setMirrorTraffic(let traffic):
            return endpoint.map { $0.mirrorTraffic.actual == traffic && !$0.state.isBusy } ?? traffic.isEmpty
        case .deleteDeployment(let name): return endpoint?.deployment(name) == nil
        case .deleteEndpoint: return endpoint == nil
        }
    }

    /// Returns why waiting cannot complete the change, or `nil` if it may.
    package func failure(in endpoint: EndpointSnapshot?) -> String? {
        switch self {
        case .putEndpoint:
            guard let endpoint, endpoint.state == .failed || endpoint.state == .canceled else { return nil }
            return "endpoint \(endpoint.name) is \(endpoint.state.rawValue)" + (endpoint.reason.map { ": \($0)" } ?? "")
        case .putDeployment(let definition): return endpoint?.deployment(definition.name)?.failure
        case .scale(let name, _): return endpoint?.deployment(name)?.failure
        case .setTraffic(let traffic):
            guard let endpoint, endpoint.state == .failed, endpoint.traffic.actual != traffic else { return nil }
            return "endpoint \(endpoint.name) is \(endpoint.state.rawValue)" + (endpoint.reason.map { ": \($0)" } ?? "")
        case .setMirrorTraffic, .deleteDeployment, .deleteEndpoint: return nil
        }
    }
}

extension DeploymentSnapshot {
    /// Why the deployment has failed permanently, or `nil` if it has not.
    package var failure: String? {
        guard state == .failed || state == .canceled else { return nil }
        return "deployment \(name) is \(state.rawValue)" + (reason.map { ": \($0)" } ?? "")
    }
}

extension Change: CustomStringConvertible {
    /// The change as a sentence fragment, for example `traffic {blue: 90, green: 10}`.
    package var description: String {
        switch self {
        case .putEndpoint(let definition): "define endpoint \(definition.name)"
        case .putDeployment(let definition):
            "deploy \(definition.name) with \(definition.instanceCount.counted("instance"))"
        case .scale(let name, let count): "scale \(name) to \(count.counted("instance"))"
        case .setTraffic(let traffic): "traffic \(traffic)"
        case .setMirrorTraffic(let traffic): traffic.isEmpty ? "mirror off" : "mirror traffic \(traffic)"
        case .deleteDeployment(let name): "delete deployment \(name)"
        case .deleteEndpoint: "delete the endpoint"
        }
    }
}
