internal import RolloutEngine
internal import Rollouts

/// The work on one change of one endpoint, based on objects that were just read.
struct ChangeWork {
    let backend: KubernetesBackend
    let endpoint: Name
    let author: Author
    /// The endpoint's objects; `nil` if the endpoint does not exist.
    private(set) var objects: EndpointObjects?

    init(_ backend: KubernetesBackend, _ endpoint: Name, _ author: Author, _ objects: EndpointObjects?) {
        self.backend = backend
        self.endpoint = endpoint
        self.author = author
        self.objects = objects
    }

    var client: KubernetesClient { backend.client }
    var namespace: String { backend.namespace }
    var settings: KubernetesSettings { backend.settings }
    var writer: ObjectWriter {
        let view = backend.view
        return ObjectWriter(
            client: client, author: author, saw: { await view.saw($0, $1) }, confirm: { try await self.confirm() })
    }

    /// Whether the change is a rollback, which overrides manual changes.
    ///
    /// Any other change leaves them for a person to review.
    var isRollback: Bool { author.context.stage == "roll-back" }
    var conflict: ObjectWriter.Conflict { isRollback ? .takeBack : .overwriteManualEdits }

    var reading: EndpointReading? {
        objects.map {
            EndpointReading(objects: $0, endpoint: endpoint, giveUp: settings.giveUp, now: backend.clock.now())
        }
    }

    func guardEpoch() throws {
        if let anchor = objects?.anchor.object { try writer.guardEpoch(anchor) }
    }

    /// Whether this very change (by its idempotency key) already took effect.
    func hasTakenEffect(_ change: Change) async throws -> Bool {
        let key = author.context.idempotencyKey
        switch change {
        case .putEndpoint, .setTraffic:
            return objects?.anchor.key == key && objects?.anchor.object.deletionTimestamp == nil
        case .putDeployment(let definition):
            return objects?.deployments[definition.name]?.deployment.hasKey(key) ?? false
        case .scale(let name, _):
            let deployment = objects?.deployments[name]
            return deployment?.deployment.hasKey(key) ?? false || deployment?.autoscaler?.hasKey(key) ?? false
        case .setMirrorTraffic, .deleteDeployment, .deleteEndpoint: return false
        }
    }

    /// Refuses a change that violates the rules for endpoints in their present state.
    func guardRules(_ change: Change) throws {
        var snapshot = reading?.snapshot
        // An endpoint that only waits for a gateway may still be redefined, deleted or rolled back.
        let isMended =
            switch change {
            case .putEndpoint, .deleteEndpoint: true
            default: isRollback
            }
        if isMended, snapshot?.state == .updating { snapshot?.state = .succeeded }
        // A gateway that never accepts the route need not confirm that it leads to no deployment.
        if change == .deleteEndpoint, let wanted = snapshot?.traffic.wanted { snapshot?.traffic.actual = wanted }
        for index in (snapshot?.deployments ?? []).indices {
            guard let deployment = snapshot?.deployments[index], deployment.state.isBusy, deployment.state != .deleting
            else { continue }
            // A deployment that only lacks its Service or its rule is not being changed: it may be repaired or deleted.
            // A runner that dies while deleting leaves it in that state.
            let isSettled = reading?.reading(of: deployment.name)?.isSettled ?? false
            guard isSettled || change == .deleteDeployment(deployment.name) else { continue }
            snapshot?.deployments[index].state = .succeeded
        }
        let model = EndpointModel(kind: .kubernetes, endpoint: snapshot)
        if let violation = model.violation(of: change) { throw BackendError(violation) }
    }

    /// Checks that the endpoint still belongs to this runner; see ``ObjectWriter``.
    private func confirm() async throws {
        guard let anchor = objects?.anchor else { return }
        guard let now = try await fresh(anchor.type, anchor.object.name), now.uid == anchor.object.uid else {
            throw KubernetesError(.conflict, "endpoint \(endpoint) was deleted by another client at the same time")
        }
        try writer.guardEpoch(now)
    }

    /// Records this runner's epoch on the endpoint before anything else of it is changed, unless it is already
    /// recorded.
    mutating func claim() async throws {
        guard let anchor = objects?.anchor, anchor.epoch < author.context.epoch else { return }
        let written = try await writeClaim(anchor)
        objects?.claimed(written)
    }

    private func writeClaim(_ anchor: EndpointAnchor) async throws -> KubernetesObject {
        var annotations = anchor.kept
        annotations.merge(author.annotations) { _, new in new }
        // The key belongs to a change of the anchor itself.
        annotations[Mark.key] = anchor.key
        // Without the last applied state, an apply would remove the whole spec.
        if anchor.choice != nil || anchor.object.appliedSpec != nil {
            do {
                return try await writer.apply(anchor.type, try anchor.applied(annotations), over: anchor.object)
            } catch let error as KubernetesError {
                guard case .fieldConflict = error.code else { throw error }
            }
        }
        // Fields of other managers stay as they are: only the annotations are written.
        return try await writer.patch(anchor.type, anchor.object, anchor.object.annotating(annotations))
    }

    func fresh(_ type: ResourceType, _ name: String) async throws -> KubernetesObject? {
        try await client.get(type, name, in: namespace)
    }
}

extension EndpointAnchor {
    /// The annotations that are kept from write to write.
    var kept: [String: String] {
        let keys = [
            Mark.definition, Mark.applied, Mark.trafficBefore, Self.address, Self.routeName, Self.routeRule, Mark.key,
        ]
        return object.annotations.filter { keys.contains($0.key) }
    }

    /// The anchor as it was last applied, with these annotations.
    func applied(_ annotations: [String: String]) throws -> KubernetesObject {
        var members: [String: Value] = [:]
        if let text = object.annotations[Mark.applied] {
            members["spec"] = try JSONReader.value(Array(text.utf8))
        }
        return KubernetesObject(
            type, name: object.name, namespace: object.namespace, labels: Self.labels(of: object),
            annotations: annotations, members)
    }

    private static func labels(of object: KubernetesObject) -> [String: String] {
        object.labels.filter { [Mark.managedBy, Mark.name].contains($0.key) }
    }
}

extension KubernetesObject {
    func hasKey(_ key: String) -> Bool { annotations[Mark.key] == key && deletionTimestamp == nil }

    /// The patch that sets annotations if the object is still in this state.
    func annotating(_ annotations: [String: String]) -> [PatchOperation] {
        var operations: [PatchOperation] = []
        if let resourceVersion { operations.append(.test("/metadata/resourceVersion", .string(resourceVersion))) }
        for (key, value) in annotations.sorted(by: { $0.key < $1.key }) {
            operations.append(.add("/metadata/annotations/" + PatchOperation.escaped(key), .string(value)))
        }
        return operations
    }
}
