internal import AzureEndpoints
internal import Rollouts

/// Writes to deployments.
extension EndpointRegistry {
    /// Creates the deployment, scales it if only the instance count differs, or updates it.
    func putDeployment(_ name: Name, of endpoint: Name, _ body: DeploymentResource, as write: WriteRequest) throws
        -> Acceptance
    {
        let parent = records[endpoint]
        let present = parent.flatMap { $0.deployments[name] }
        let shown = parent.map(live)
        try requireManaged(body)
        let definition = try DeploymentDefinition(
            body, name: shown?.deployment(name)?.name ?? name, endpoint: parent?.name ?? endpoint)
        let change = Self.change(to: definition, from: shown?.deployment(name), kind: write.headers?.kind)
        return try admit(change, to: endpoint, as: write, etag: present?.etag) {
            guard var record = parent, let shown else { throw ControlError.noEndpoint(endpoint) }
            let isStuck = change.isReplacement && isStuck(shown.deployment(name), present)
            var model = EndpointModel(kind: .managed, endpoint: isStuck ? shown.withFailedOperation(name) : shown)
            do throws(Violation) {
                try model.accept(change)
            } catch {
                throw ControlError(error)
            }
            // A deployment that cannot be created is refused now, as in Azure, rather than failing later.
            try assets.refuseSimulation(of: definition.name, in: body)
            _ = try assets.specification(
                of: body.kept, endpoint: record.name, deployment: definition.name, incarnation: "")
            var operation = begin(endpoint: record.name, deployment: definition.name, deletes: false, in: write)
            let isNew = present == nil
            var deployment =
                present
                ?? DeploymentRecord(
                    incarnation: Secrets.identifier(), resource: body.kept, created: now(), modified: now())
            let state = model.endpoint?.deployment(definition.name)?.state
            let hasEffect = model.endpoint != shown
            if let snapshot = model.endpoint { record.snapshot = snapshot }
            deployment.resource = body.kept
            deployment.touch(at: now())
            if state?.isBusy == true {
                deployment.failure = nil
                deployment.work = .init(operation: operation.id, due: nil)
            } else {
                operation.ended = now()
            }
            record.deployments[definition.name] = deployment
            if isNew { record.touch(at: now()) }
            let ended = isStuck ? try canceledOperations(present?.work) : []
            let kept = Kept(records: [record], operations: [operation] + ended)
            return (kept, Acceptance(operation: operation), hasEffect)
        }
    }

    /// Changes tags, instance count or properties, and leaves everything else unchanged.
    func patchDeployment(_ name: Name, of endpoint: Name, _ patch: Value, as write: WriteRequest) throws -> Acceptance {
        guard let present = try record(endpoint).deployments[name] else {
            throw ControlError.noDeployment(name, of: endpoint)
        }
        return try putDeployment(name, of: endpoint, try present.resource.merged(with: patch), as: write)
    }

    /// Deletes a deployment without traffic; does nothing if the deployment does not exist.
    func deleteDeployment(_ name: Name, of endpoint: Name, as write: WriteRequest) throws -> Acceptance {
        let parent = records[endpoint]
        let present = parent.flatMap { $0.deployments[name] }
        return try admit(.deleteDeployment(name), to: endpoint, as: write, etag: present?.etag) {
            guard var record = parent, present != nil else { return (Kept(), Acceptance(isMissing: true), false) }
            let shown = live(record)
            let isStuck = isStuck(shown.deployment(name), present)
            var model = EndpointModel(kind: .managed, endpoint: isStuck ? shown.withFailedOperation(name) : shown)
            do throws(Violation) {
                try model.accept(.deleteDeployment(name))
            } catch {
                throw ControlError(error)
            }
            let operation = begin(endpoint: record.name, deployment: name, deletes: true, in: write)
            let due = now() + times.delete
            record.update(name) { snapshot, deployment in
                snapshot.state = .deleting
                deployment.work = .init(operation: operation.id, due: due)
                deployment.touch(at: due)
            }
            let ended = isStuck ? try canceledOperations(present?.work) : []
            return (Kept(records: [record], operations: [operation] + ended), Acceptance(operation: operation), true)
        }
    }

    /// Whether the deployment's servers have exceeded their startup time without becoming ready.
    ///
    /// Such a deployment can be replaced or deleted at once. The cloud refuses both until its own timeout, which a user
    /// of this machine need not wait for.
    private func isStuck(_ shown: DeploymentSnapshot?, _ present: DeploymentRecord?) -> Bool {
        guard let shown, let present, shown.reason != nil, shown.instances.ready < shown.instances.wanted,
            now() - present.modified >= times.startUp
        else { return false }
        return switch shown.state {
        case .creating, .updating, .scaling: true
        case .succeeded, .failed, .canceled, .deleting: false
        }
    }

    /// Cancels the unfinished operation of a deployment that is replaced or deleted before its servers are ready.
    private func canceledOperations(_ work: EndpointRecord.Work?) throws -> [OperationRecord] {
        guard let work, var operation = try store.operation(work.operation), operation.ended == nil else { return [] }
        operation.ended = now()
        operation.failure = .init(code: "Canceled", message: "another change replaced it before its servers were ready")
        return [operation]
    }

    /// The change that a PUT of a deployment requests.
    private static func change(
        to definition: DeploymentDefinition, from present: DeploymentSnapshot?, kind: WriteHeaders.Kind?
    ) -> Change {
        guard kind != .putDeployment, let present else { return .putDeployment(definition) }
        guard kind != .scale else { return .scale(definition.name, instanceCount: definition.instanceCount) }
        var scaled = present.definition
        scaled.instanceCount = definition.instanceCount
        guard scaled == definition, present.instances.wanted != definition.instanceCount else {
            return .putDeployment(definition)
        }
        return .scale(definition.name, instanceCount: definition.instanceCount)
    }

    private func requireManaged(_ body: DeploymentResource) throws(ControlError) {
        if let type = body.properties.endpointComputeType, type.lowercased() != "managed" {
            throw .badArgument(
                "this emulator supports only managed endpoints: endpointComputeType must be Managed, not \(type)",
                target: "properties.endpointComputeType")
        }
        if let type = body.properties.scaleSettings?["scaleType"]?.string, type.lowercased() != "default" {
            throw .badArgument(
                "a managed deployment's scaleType must be Default, not \(type)",
                target: "properties.scaleSettings.scaleType")
        }
    }
}

extension Change {
    /// Whether the change replaces the deployment rather than scaling it.
    fileprivate var isReplacement: Bool {
        if case .putDeployment = self { true } else { false }
    }
}

extension EndpointSnapshot {
    /// The endpoint as if the deployment's unfinished operation had failed.
    fileprivate func withFailedOperation(_ name: Name) -> EndpointSnapshot {
        var endpoint = self
        for index in endpoint.deployments.indices where endpoint.deployments[index].name == name {
            endpoint.deployments[index].state = .failed
        }
        return endpoint
    }
}

extension DeploymentRecord {
    mutating func touch(at now: Timestamp) {
        revision += 1
        modified = now
    }
}
