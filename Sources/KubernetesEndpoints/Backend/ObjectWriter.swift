internal import Logging
internal import RolloutEngine
internal import Rollouts

/// Writes Turnout's objects: never what is already so, never over a later runner, never over others' fields.
///
/// Every write of what is there carries its resourceVersion: what changed in between is read again first.
///
/// What is not there has no resourceVersion, and Kubernetes has no write of one object on condition of another. A runner
/// that is stopped between its look and a creation, and overtaken meanwhile, does make the object. No harm comes of it:
/// nothing leads to it, since routes are there already and are written in the state in which they were seen; the runner
/// looks at the endpoint's epoch right afterwards, takes what it has made away again, and ends as overtaken. Should it
/// die in between, the later runner finds a deployment that it does not expect, which is drift.
struct ObjectWriter {
    let client: KubernetesClient
    let author: Author
    /// Told of every object that was written, as the server has it now.
    let saw: @Sendable (ResourceType, KubernetesObject) async -> Void
    /// Throws where the endpoint has a later runner by now, or is gone.
    let confirm: @Sendable () async throws -> Void

    /// What becomes of fields that another manager has set to something else.
    enum Conflict {
        /// It is refused, with who manages what.
        case refuse
        /// One who set it once, by `kubectl edit` or `kubectl scale`, has it taken back by a patch; one who applies it
        /// again and again is refused.
        case takeBackFromHands
        /// It is taken back by a patch, whoever has it: the way back to what clients had comes first.
        case takeBack
    }

    /// Makes the object so; nothing is written where it is, or where this very change was made already.
    ///
    /// What is nil as `live` is not there.
    @discardableResult
    func put(
        _ type: ResourceType, _ desired: KubernetesObject, over live: KubernetesObject?,
        onConflict conflict: Conflict = .refuse
    ) async throws -> KubernetesObject {
        guard let live else { return try await make(type, desired) }
        try guardOwnership(type, live, as: desired)
        try guardEpoch(live)
        guard live.annotations[Mark.key] != author.context.idempotencyKey else { return live }
        guard !isSo(desired, live) else { return live }
        return try await apply(type, desired, over: live, onConflict: conflict)
    }

    /// Applies what differs, whatever it is.
    func apply(
        _ type: ResourceType, _ desired: KubernetesObject, over live: KubernetesObject,
        onConflict conflict: Conflict = .refuse
    ) async throws -> KubernetesObject {
        var object = desired
        object.resourceVersion = live.resourceVersion
        do {
            let written = try await client.apply(type, object)
            await saw(type, written)
            return written
        } catch let error as KubernetesError {
            guard case .fieldConflict(let fields) = error.code else { throw error }
            if fields.allSatisfy({ $0.manager == Mark.manager }) {
                // Of a runner that died between a patch and its being kept as applied.
                _ = try await keepAsApplied(type, live)
                throw KubernetesError(.conflict, error.message, status: error.status, request: error.request)
            }
            guard isTaken(fields, in: live, conflict) else { throw error }
            return try await takeBack(type, desired, from: live, fields)
        }
    }

    private func make(_ type: ResourceType, _ desired: KubernetesObject) async throws -> KubernetesObject {
        let (written, isNew) = try await create(type, desired)
        await saw(type, written)
        guard isNew else {
            throw KubernetesError(
                .conflict, "\(type.kind) \(desired.name) was made by somebody else at the same time")
        }
        do {
            try await confirm()
        } catch let error as BackendError where error.code == .fenced {
            try await takeAway(type, written)
            throw error
        }
        return written
    }

    /// Says which right is missing: older API servers say of an apply that creates only that it is forbidden.
    private func create(_ type: ResourceType, _ desired: KubernetesObject) async throws
        -> (object: KubernetesObject, isNew: Bool)
    {
        do {
            return try await client.applyAndTell(type, desired)
        } catch var error as KubernetesError where error.code == .forbidden {
            let access = Access("create", type, namespace: desired.namespace)
            guard try await !client.canI(access) else { throw error }
            error.message = "this user may not \(access)"
            throw error
        }
    }

    /// Deletes what this runner made, unless another one has written it since; controllers may have.
    private func takeAway(_ type: ResourceType, _ made: KubernetesObject) async throws {
        while let live = try await client.get(type, made.name, in: made.namespace), live.uid == made.uid,
            live.epoch <= author.context.epoch, live.deletionTimestamp == nil
        {
            do {
                try await client.delete(
                    type, live.name, in: live.namespace, uid: live.uid, resourceVersion: live.resourceVersion,
                    propagation: .background)
            } catch let error as KubernetesError where error.code == .conflict {
                continue
            }
        }
    }

    /// Refuses what is not Turnout's, or is of another endpoint or deployment.
    func guardOwnership(_ type: ResourceType, _ live: KubernetesObject, as desired: KubernetesObject) throws {
        guard live.labels[Mark.managedBy] == Mark.manager else {
            let label = live.labels[Mark.managedBy].map { "managed by '\($0)'" }
            let managers = ManagedFields(live).managers.filter { $0 != Mark.manager }
            let others =
                managers.isEmpty ? "not Turnout's" : "managed by \(managers.map { "'\($0)'" }.joined(separator: ", "))"
            throw BackendError(
                .refused,
                "\(type.kind) \(live.name) is already there and \(label ?? others): Turnout takes over nothing; give the "
                    + "endpoint another name, or delete that \(type.kind)")
        }
        for key in [Mark.name, Mark.deployment] where live.labels[key] != desired.labels[key] {
            throw BackendError(
                .refused,
                "\(type.kind) \(live.name) belongs to deployment '\(live.labels[Mark.deployment] ?? "")' of endpoint "
                    + "'\(live.labels[Mark.name] ?? "")', whose name it has: give one of them another name")
        }
    }

    /// Refuses to write where a later runner has written.
    func guardEpoch(_ live: KubernetesObject) throws {
        guard author.context.epoch < live.epoch else { return }
        throw BackendError(
            .fenced,
            "epoch \(author.context.epoch) of \(author.context.run) is over: \(live.kind) \(live.name) has epoch "
                + "\(live.epoch) of \(live.annotations[Mark.run] ?? "another run")")
    }

    /// True where the object is what was wanted, by what was applied and by what is there.
    private func isSo(_ desired: KubernetesObject, _ live: KubernetesObject) -> Bool {
        for key in [
            Mark.definition, Mark.applied, EndpointAnchor.address, EndpointAnchor.routeName, EndpointAnchor.routeRule,
        ]
        where desired.annotations[key] != live.annotations[key] {
            return false
        }
        guard desired.labels.allSatisfy({ live.labels[$0.key] == $0.value }), live.deletionTimestamp == nil else {
            return false
        }
        return ManifestDrift(applied: desired["spec"] ?? [:], live: live).fields.isEmpty
    }

    private func isTaken(_ fields: [FieldConflict], in live: KubernetesObject, _ conflict: Conflict) -> Bool {
        switch conflict {
        case .refuse: false
        case .takeBack: true
        case .takeBackFromHands: fields.allSatisfy { !ManagedFields(live).applies($0.manager) }
        }
    }

    /// Patches the parts of `spec` that are in conflict, in the state in which the object was seen, and keeps them as
    /// applied from then on.
    private func takeBack(
        _ type: ResourceType, _ desired: KubernetesObject, from live: KubernetesObject, _ fields: [FieldConflict]
    ) async throws -> KubernetesObject {
        var operations: [PatchOperation] = []
        if let version = live.resourceVersion {
            operations.append(.test("/metadata/resourceVersion", .string(version)))
        }
        let parts = Set(fields.map(\.field).compactMap(Self.part))
        for part in parts.sorted() {
            let path = "/spec/" + PatchOperation.escaped(part)
            if let value = desired["spec", part] {
                if let present = live["spec", part] { operations.append(.test(path, present)) }
                operations.append(.add(path, value))
            } else if live["spec", part] != nil {
                operations.append(.remove(path))
            }
        }
        for (key, value) in desired.annotations.sorted(by: { $0.key < $1.key }) {
            operations.append(.add("/metadata/annotations/" + PatchOperation.escaped(key), .string(value)))
        }
        client.logger.info(
            "taking fields back",
            metadata: ["object": "\(type) \(live.name)", "fields": "\(fields.map(\.description))"])
        return try await patch(type, live, operations)
    }

    /// Patches an object as it was seen, and keeps what was patched as applied.
    func patch(_ type: ResourceType, _ live: KubernetesObject, _ operations: [PatchOperation]) async throws
        -> KubernetesObject
    {
        let written: KubernetesObject
        do {
            written = try await client.patch(type, live.name, in: live.namespace, operations)
        } catch let error as KubernetesError where error.code == .invalid {
            // A test that does not hold is told as invalid, whatever the reason.
            let now = try await client.get(type, live.name, in: live.namespace)
            guard now?.resourceVersion != live.resourceVersion else { throw error }
            throw KubernetesError(.conflict, error.message, status: error.status, request: error.request)
        }
        return try await keepAsApplied(type, written)
    }

    /// Makes what was patched count as applied; the object may change meanwhile, as by a gateway that writes its status.
    private func keepAsApplied(_ type: ResourceType, _ patched: KubernetesObject) async throws -> KubernetesObject {
        var object = patched
        while let fields = ManagedFields(object).withPatchesApplied, let version = object.resourceVersion {
            do {
                object = try await client.patch(
                    type, object.name, in: object.namespace,
                    [.test("/metadata/resourceVersion", .string(version)), .replace("/metadata/managedFields", fields)])
            } catch let error as KubernetesError where error.code == .invalid {
                guard let now = try await client.get(type, object.name, in: object.namespace),
                    now.resourceVersion != version
                else { throw error }
                object = now
            }
        }
        await saw(type, object)
        return object
    }

    /// `replicas` of `.spec.replicas`, the member of `spec` that a field is in.
    private static func part(of field: String) -> String? {
        let parts = field.split(separator: ".")
        guard parts.count > 1, parts[0] == "spec" else { return nil }
        return parts[1].split(separator: "[").first.map(String.init)
    }
}
