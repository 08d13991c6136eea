internal import RolloutEngine
internal import Rollouts

/// Observes the endpoint and its deployments, as far as the server reports them.
extension AzureBackend {
    /// The observed endpoint; `nil` if it does not exist.
    ///
    /// The endpoint and its deployments are read by separate requests. A change in between shows in the next
    /// observation.
    func snapshot(of endpoint: Name) async throws -> EndpointSnapshot? {
        guard var read = try await client.endpoint(endpoint)?.resource else { return nil }
        var deployments = try await client.deployments(of: endpoint)
        if flavour == .cloud {
            // Ignore what only the emulator reports if it stands in for the cloud.
            read.properties.turnout = nil
            for index in deployments.indices { deployments[index].properties.turnout = nil }
        }
        var snapshot = EndpointSnapshot(read, named: endpoint, in: client.workspace)
        let mapping = DeploymentMapping(workspace: client.workspace)
        for resource in deployments {
            var deployment = DeploymentSnapshot(resource, of: endpoint, mapping, extras: properties)
            deployment.definition = try await verified(deployment.definition, resource)
            if deployment.state == .failed, deployment.reason == nil {
                deployment.reason = try await reason(of: deployment.name, of: endpoint)
            }
            snapshot.deployments.append(deployment)
        }
        snapshot.deployments.sort { $0.name < $1.name }
        return snapshot
    }

    /// Explains why the deployment's last operation failed; if another process started it, points to the deployment's
    /// log.
    private func reason(of deployment: Name, of endpoint: Name) async throws -> String {
        let path = ResourcePath(client.workspace, endpoint: endpoint, deployment: deployment)
        if let operation = operations.last(of: path), let failure = try await client.failure(of: operation) {
            return [failure.message, failure.code.map { "(\($0))" }].compactMap(\.self).joined(separator: " ")
        }
        return "the cause may be in its log: `turnout endpoint logs \(endpoint) --deployment \(deployment)`"
    }
}

extension EndpointSnapshot {
    /// Creates a snapshot without deployments.
    ///
    /// The cloud reports the desired traffic only, not what clients get during a change. The desired traffic counts as
    /// actual
    /// once the endpoint is no longer busy.
    fileprivate init(_ resource: EndpointResource, named name: Name, in workspace: WorkspaceID) {
        let properties = resource.properties
        let state = properties.provisioningState ?? .succeeded
        func setting(_ wanted: [String: Int]?, _ actual: [String: Int]?) -> DesiredAndActual<Traffic> {
            let wanted = Traffic(wire: wanted)
            if let actual { return DesiredAndActual(wanted: wanted, actual: Traffic(wire: actual)) }
            return DesiredAndActual(wanted)
        }
        self.init(
            definition: EndpointMapping(workspace: workspace).definition(
                of: resource, named: resource.name.map { Name($0) } ?? name),
            kind: resource.kind?.lowercased() == "k8s" ? .kubernetes : .managed, state: state,
            traffic: setting(properties.traffic, properties.turnout?.trafficActual),
            mirrorTraffic: setting(properties.mirrorTraffic, properties.turnout?.mirrorTrafficActual))
    }
}

extension DeploymentSnapshot {
    /// Creates a snapshot of a deployment.
    ///
    /// The cloud does not report instances. While a deployment that was ready is changed, its instances continue to
    /// serve.
    fileprivate init(
        _ resource: DeploymentResource, of endpoint: Name, _ mapping: DeploymentMapping,
        extras: [String: String]
    ) {
        let name = Name(resource.name ?? "")
        let state = resource.properties.provisioningState ?? .succeeded
        let live = resource.properties.turnout
        let wanted = live?.wanted ?? resource.sku?.capacity ?? 1
        let instances: Instances
        if let live {
            instances = Instances(wanted: wanted, ready: live.ready, failed: live.failed)
        } else {
            switch state {
            case .succeeded, .updating, .scaling: instances = Instances(wanted: wanted, ready: wanted)
            case .creating, .deleting: instances = Instances(wanted: wanted, ready: 0)
            case .failed, .canceled: instances = Instances(wanted: wanted, ready: 0, failed: wanted)
            }
        }
        self.init(
            definition: mapping.definition(of: resource, named: name, endpoint: endpoint, extras: extras),
            state: state, instances: instances, inFlight: live?.inFlight ?? 0, reason: live?.reason)
    }
}

extension Traffic {
    /// Names are compared without case.
    ///
    /// Of two spellings of one name, the larger value counts.
    init(wire: [String: Int]?) {
        self.init(Dictionary((wire ?? [:]).map { (Name($0.key), $0.value) }, uniquingKeysWith: max))
    }

    var wire: [String: Int] {
        Dictionary(uniqueKeysWithValues: deployments.map { ($0.text, self[$0]) })
    }
}
