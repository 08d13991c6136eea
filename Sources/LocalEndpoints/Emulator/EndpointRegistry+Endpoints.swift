internal import AzureEndpoints
internal import Rollouts

/// Writes to endpoints, which may change definition, traffic and mirror traffic at once.
extension EndpointRegistry {
    /// Creates the endpoint, or replaces all of its client-defined members: those missing from `body` are removed.
    func putEndpoint(_ name: Name, _ body: EndpointResource, as write: WriteRequest) throws -> Acceptance {
        let present = records[name]
        let wanted = try EndpointRequest(body, name: present?.name ?? name, of: present.map(live))
        let change = wanted.change(write.headers?.kind)
        return try admit(change, to: name, as: write, etag: present?.etag) {
            let snapshot = try wanted.checked(asked: change, on: present.map(live))
            var record =
                present
                ?? EndpointRecord(
                    incarnation: Secrets.identifier(), snapshot: snapshot, resource: body.kept,
                    keys: EndpointKeys(primaryKey: Secrets.draw(), secondaryKey: Secrets.draw()), created: now(),
                    modified: now())
            record.resource = body.kept
            record.snapshot = snapshot
            record.touch(at: now())
            let isMoving = wanted.changes.contains { if case .putEndpoint = $0 { false } else { true } }
            var operation = begin(endpoint: record.name, deployment: nil, deletes: false, in: write)
            if wanted.changes.isEmpty {
                operation.ended = now()
            } else {
                record.snapshot.state = present == nil ? .creating : .updating
                let time = present == nil ? times.endpoint : isMoving ? times.traffic : times.endpoint
                record.work = .init(operation: operation.id, due: now() + time)
            }
            return (
                Kept(records: [record], operations: [operation]), Acceptance(operation: operation),
                !wanted.changes.isEmpty
            )
        }
    }

    /// Changes tags, identity or properties, and leaves everything else unchanged.
    func patchEndpoint(_ name: Name, _ patch: Value, as write: WriteRequest) throws -> Acceptance {
        let present = try record(name)
        var body = present.resource
        body.properties.traffic = present.snapshot.traffic.wanted.wire
        body.properties.mirrorTraffic = present.snapshot.mirrorTraffic.wanted.wire
        return try putEndpoint(name, try body.merged(with: patch), as: write)
    }

    /// Deletes the endpoint with its deployments; does nothing if the endpoint does not exist.
    ///
    /// Azure deletes an endpoint even if it has traffic. Turnout's own client must follow the stricter rule that an
    /// endpoint with traffic is not deleted.
    func deleteEndpoint(_ name: Name, as write: WriteRequest) throws -> Acceptance {
        let present = records[name]
        return try admit(.deleteEndpoint, to: name, as: write, etag: present?.etag) {
            guard var record = present else { return (Kept(), Acceptance(isMissing: true), false) }
            let snapshot = live(record)
            let violation =
                write.headers == nil
                ? BusyRule().violation(of: .deleteEndpoint, on: snapshot, kind: .managed)
                : EndpointModel(kind: .managed, endpoint: snapshot).violation(of: .deleteEndpoint)
            if let violation { throw ControlError(violation) }
            let operation = begin(endpoint: record.name, deployment: nil, deletes: true, in: write)
            record.snapshot.state = .deleting
            for index in record.snapshot.deployments.indices { record.snapshot.deployments[index].state = .deleting }
            record.work = .init(operation: operation.id, due: now() + times.delete)
            record.touch(at: now())
            return (Kept(records: [record], operations: [operation]), Acceptance(operation: operation), true)
        }
    }

    /// Creates an operation that starts now.
    func begin(endpoint: Name, deployment: Name?, deletes: Bool, in write: WriteRequest) -> OperationRecord {
        OperationRecord(
            id: "\(deployment == nil ? "oe" : "od"):\(write.workspace.name):\(Secrets.identifier())",
            endpoint: endpoint,
            deployment: deployment, deletes: deletes, started: now())
    }
}

/// A PUT of an endpoint, translated into changes that the rules can check.
private struct EndpointRequest {
    let definition: EndpointDefinition
    let traffic: Traffic
    let mirrorTraffic: Traffic
    /// The differences from the present state, in a possible order: mirroring off, definition, traffic, mirroring on.
    let changes: [Change]

    init(_ body: EndpointResource, name: Name, of present: EndpointSnapshot?) throws(ControlError) {
        let definition = try EndpointDefinition(body, name: name)
        let traffic = try Traffic(wire: body.properties.traffic)
        let mirror = try Traffic(wire: body.properties.mirrorTraffic)
        var changes: [Change] = []
        let mirrored = present?.mirrorTraffic.wanted ?? .none
        if mirror != mirrored, !mirrored.isEmpty { changes.append(.setMirrorTraffic(.none)) }
        if present?.definition != definition { changes.append(.putEndpoint(definition)) }
        if traffic != present?.traffic.wanted ?? .none { changes.append(.setTraffic(traffic)) }
        if mirror != mirrored, !mirror.isEmpty { changes.append(.setMirrorTraffic(mirror)) }
        (self.definition, self.traffic, self.mirrorTraffic, self.changes) = (definition, traffic, mirror, changes)
    }

    /// The change that represents the request: the sender's kind if given, otherwise the most significant change.
    func change(_ kind: WriteHeaders.Kind?) -> Change {
        switch kind {
        case .traffic: .setTraffic(traffic)
        case .mirrorTraffic: .setMirrorTraffic(mirrorTraffic)
        case .putEndpoint: .putEndpoint(definition)
        default:
            changes.first { if case .setTraffic = $0 { true } else { false } }
                ?? changes.last ?? .putEndpoint(definition)
        }
    }

    /// Checks every rule on a copy, and returns the endpoint with the desired state.
    func checked(asked: Change, on present: EndpointSnapshot?) throws(ControlError) -> EndpointSnapshot {
        var model = EndpointModel(kind: .managed, endpoint: present)
        do throws(Violation) {
            if changes.isEmpty, let violation = model.violation(of: asked) { throw violation }
            // Checked before the first step, since each step completes at once on the copy.
            if let present, let violation = BusyRule().violation(of: asked, on: present, kind: .managed) {
                throw violation
            }
            for change in changes {
                try model.accept(change)
                model.settle(change)
            }
        } catch {
            throw ControlError(error)
        }
        var wanted = model.endpoint ?? EndpointSnapshot(definition: definition)
        wanted.traffic.actual = present?.traffic.actual ?? .none
        wanted.mirrorTraffic.actual = present?.mirrorTraffic.actual ?? .none
        return wanted
    }
}
