internal import AzureEndpoints
internal import RolloutEngine
internal import Rollouts
internal import Support

/// The answers for clients.
extension EndpointRegistry {
    /// The present state of the endpoint, with its deployments' instances as they report themselves.
    func live(_ record: EndpointRecord) -> EndpointSnapshot {
        var snapshot = record.snapshot
        for index in snapshot.deployments.indices {
            let name = snapshot.deployments[index].name
            guard let deployment = record.deployments[name], let running = running[deployment.incarnation],
                let current = running.current
            else { continue }
            let status = current.status
            snapshot.deployments[index].instances.ready = min(
                status.ready, snapshot.deployments[index].instances.wanted)
            snapshot.deployments[index].instances.failed = status.failed
            let reason = running.newest?.status.reason ?? status.reason
            snapshot.deployments[index].reason = deployment.failure.map { "\($0.code): \($0.message)" } ?? reason
        }
        return snapshot
    }

    func endpoints(in workspace: WorkspaceID, dataOrigin: String) -> [EndpointResource] {
        records.values.sorted { $0.name < $1.name }.map { answer($0, in: workspace, dataOrigin: dataOrigin).resource }
    }

    func endpoint(_ name: Name, in workspace: WorkspaceID, dataOrigin: String) throws(ControlError)
        -> (resource: EndpointResource, etag: String)
    {
        answer(try record(name), in: workspace, dataOrigin: dataOrigin)
    }

    func deployments(of endpoint: Name, in workspace: WorkspaceID) async throws -> [DeploymentResource] {
        let inFlight = await requestsInFlight()
        let record = try record(endpoint)
        return record.deployments.keys.sorted().compactMap { answer($0, of: record, in: workspace, inFlight)?.resource }
    }

    func deployment(_ name: Name, of endpoint: Name, in workspace: WorkspaceID) async throws
        -> (resource: DeploymentResource, etag: String)
    {
        let inFlight = await requestsInFlight()
        guard let answer = answer(name, of: try record(endpoint), in: workspace, inFlight) else {
            throw ControlError.noDeployment(name, of: endpoint)
        }
        return answer
    }

    /// The deployment's log, oldest line first.
    func lines(of endpoint: Name, deployment name: Name, tail: Int) async throws -> [LogLine] {
        guard let deployment = try record(endpoint).deployments[name] else {
            throw ControlError.noDeployment(name, of: endpoint)
        }
        if let log = running[deployment.incarnation]?.log { return try log.tail(tail) }
        let path = folder.log(endpoint: endpoint.text, deployment: name.text)
        try LocalFolder.make(path)
        return try DeploymentLog(path: path + "/log").tail(tail)
    }

    func operation(_ id: String) throws -> OperationRecord {
        guard let operation = try store.operation(id) else {
            throw ControlError.notFound("there is no operation \(id), or it is no longer kept")
        }
        return operation
    }

    /// The progress of an operation in percent.
    func percent(of operation: OperationRecord) -> Double {
        guard let name = operation.deployment, let record = records[operation.endpoint],
            let deployment = record.deployments[name], let newest = running[deployment.incarnation]?.newest
        else { return 50 }
        return Double(min(newest.status.ready, newest.count) * 90 / max(newest.count, 1)) + 5
    }

    /// The number of requests in flight, by incarnation of the deployment.
    private func requestsInFlight() async -> [String: Int] {
        guard let dataPlane else { return [:] }
        return Dictionary(
            await dataPlane.readings().map { ($0.incarnation, $0.inFlight) }, uniquingKeysWith: { $0 + $1 })
    }

    private func answer(_ record: EndpointRecord, in workspace: WorkspaceID, dataOrigin: String)
        -> (resource: EndpointResource, etag: String)
    {
        var resource = record.resource
        resource.id = ResourcePath(workspace, endpoint: record.name).description
        resource.name = record.name.text
        resource.type = EndpointResource.typeName
        resource.kind = "Managed"
        resource.systemData = SystemData(created: record.created, modified: record.modified)
        resource.identity = Identity(resource.identity, principal: record.incarnation)
        resource.properties.provisioningState = record.snapshot.state
        resource.properties.traffic = record.snapshot.traffic.wanted.wire
        resource.properties.mirrorTraffic = record.snapshot.mirrorTraffic.wanted.wire
        let uri = "\(dataOrigin)/endpoints/\(PercentEncoding.encoded(record.name.text))"
        resource.properties.scoringUri = uri + "/score"
        resource.properties.swaggerUri = uri + "/swagger.json"
        resource.properties.turnout = LiveEndpoint(
            trafficActual: record.snapshot.traffic.actual.wire,
            mirrorTrafficActual: record.snapshot.mirrorTraffic.actual.wire, epoch: epochs[record.name])
        return (resource, record.etag)
    }

    private func answer(_ name: Name, of record: EndpointRecord, in workspace: WorkspaceID, _ inFlight: [String: Int])
        -> (resource: DeploymentResource, etag: String)?
    {
        guard let deployment = record.deployments[name], let snapshot = live(record).deployment(name) else {
            return nil
        }
        var resource = deployment.resource
        resource.id = ResourcePath(workspace, endpoint: record.name, deployment: snapshot.name).description
        resource.name = snapshot.name.text
        resource.type = DeploymentResource.typeName
        resource.kind = "Managed"
        resource.systemData = SystemData(created: deployment.created, modified: deployment.modified)
        resource.sku?.capacity = snapshot.instances.wanted
        resource.properties.provisioningState = snapshot.state
        resource.properties.turnout = LiveDeployment(
            wanted: snapshot.instances.wanted, ready: snapshot.instances.ready, failed: snapshot.instances.failed,
            inFlight: inFlight[deployment.incarnation] ?? 0, reason: snapshot.reason)
        return (resource, deployment.etag)
    }
}

extension SystemData {
    init(created: Timestamp, modified: Timestamp) {
        self.init(
            createdBy: "turnout", createdByType: "User", createdAt: created.description, lastModifiedBy: "turnout",
            lastModifiedByType: "User", lastModifiedAt: modified.description)
    }
}

extension Identity {
    /// The identity with the members that the server adds; the IDs are invented, since there is no directory.
    fileprivate init(_ asked: Identity?, principal: String) {
        self.init(
            type: asked?.type ?? "SystemAssigned", principalId: principal,
            tenantId: WorkspaceID.local.subscription, userAssignedIdentities: asked?.userAssignedIdentities)
    }
}
