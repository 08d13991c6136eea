internal import RolloutEngine
internal import Rollouts

/// The work on one change of one endpoint, on objects that were just read.
struct ChangeWork {
    let backend: KubernetesBackend
    let endpoint: Name
    let author: Author
    /// Nil where there is no endpoint.
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

    /// The way back to what clients had takes back what hands have changed; any other change is for a person to see.
    var isWayBack: Bool { author.context.stage == "roll-back" }
    var conflict: ObjectWriter.Conflict { isWayBack ? .takeBack : .takeBackFromHands }

    var reading: EndpointReading? {
        objects.map {
            EndpointReading(objects: $0, endpoint: endpoint, giveUp: settings.giveUp, now: backend.clock.now())
        }
    }

    func guardEpoch() throws {
        if let anchor = objects?.anchor.object { try writer.guardEpoch(anchor) }
    }

    /// True where this very sending had its effect before.
    func isDoneAlready(_ change: Change) async throws -> Bool {
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

    /// Refuses what the rules of endpoints are against, as they are now.
    func guardRules(_ change: Change) throws {
        var snapshot = reading?.snapshot
        // What waits for a gateway alone may be mended, given up or brought back all the same.
        let isMended =
            switch change {
            case .putEndpoint, .deleteEndpoint: true
            default: isWayBack
            }
        if isMended, snapshot?.state == .updating { snapshot?.state = .succeeded }
        // A gateway that never takes the route need not say that it leads to nobody.
        if change == .deleteEndpoint, let wanted = snapshot?.traffic.wanted { snapshot?.traffic.actual = wanted }
        for index in (snapshot?.deployments ?? []).indices {
            guard let deployment = snapshot?.deployments[index], deployment.state.isBusy, deployment.state != .deleting
            else { continue }
            // What only lacks its Service or its rule is not being changed: that is mended, and it can be deleted. A
            // runner that dies while it deletes leaves it so.
            let isSettled = reading?.reading(of: deployment.name)?.isSettled ?? false
            guard isSettled || change == .deleteDeployment(deployment.name) else { continue }
            snapshot?.deployments[index].state = .succeeded
        }
        let model = EndpointModel(kind: .kubernetes, endpoint: snapshot)
        if let violation = model.violation(of: change) { throw BackendError(violation) }
    }

    /// Looks whether the endpoint is still this runner's; see ``ObjectWriter``.
    private func confirm() async throws {
        guard let anchor = objects?.anchor else { return }
        guard let now = try await fresh(anchor.type, anchor.object.name), now.uid == anchor.object.uid else {
            throw KubernetesError(.conflict, "endpoint \(endpoint) was deleted by somebody else at the same time")
        }
        try writer.guardEpoch(now)
    }

    /// Makes the endpoint's later runner known before anything else of it is changed, where it is not yet.
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
        // Without what was applied last, an apply would take the whole of it away.
        if anchor.choice != nil || anchor.object.appliedSpec != nil {
            do {
                return try await writer.apply(anchor.type, try anchor.applied(annotations), over: anchor.object)
            } catch let error as KubernetesError {
                guard case .fieldConflict = error.code else { throw error }
            }
        }
        // Others' fields stay as they are: only the annotations are written.
        return try await writer.patch(anchor.type, anchor.object, anchor.object.annotating(annotations))
    }

    func fresh(_ type: ResourceType, _ name: String) async throws -> KubernetesObject? {
        try await client.get(type, name, in: namespace)
    }
}

extension EndpointAnchor {
    /// Annotations that stay from write to write.
    var kept: [String: String] {
        let keys = [
            Mark.definition, Mark.applied, Mark.trafficBefore, Self.address, Self.routeName, Self.routeRule, Mark.key,
        ]
        return object.annotations.filter { keys.contains($0.key) }
    }

    /// What was applied of it last, with these annotations.
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

    /// Sets annotations in the state in which the object is.
    func annotating(_ annotations: [String: String]) -> [PatchOperation] {
        var operations: [PatchOperation] = []
        if let resourceVersion { operations.append(.test("/metadata/resourceVersion", .string(resourceVersion))) }
        for (key, value) in annotations.sorted(by: { $0.key < $1.key }) {
            operations.append(.add("/metadata/annotations/" + PatchOperation.escaped(key), .string(value)))
        }
        return operations
    }
}
