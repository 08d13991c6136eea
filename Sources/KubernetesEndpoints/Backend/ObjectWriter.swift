internal import Logging
internal import RolloutEngine
internal import Rollouts

/// Writes Turnout's objects, but never an unchanged object, a later runner's object, or another manager's fields.
///
/// Every write of an existing object carries its resourceVersion: an object that changed in between is read again
/// first.
///
/// An object that does not exist has no resourceVersion, and Kubernetes cannot make a write conditional on another
/// object.
/// A runner that is paused between reading and creating, and overtaken in the meantime, does create the object. This is
/// harmless: nothing leads to the object, since routes already exist and are written only in the state that was read.
/// The
/// runner checks the endpoint's epoch right afterwards, deletes the object and stops as overtaken. If it dies in
/// between,
/// the later runner finds an unexpected deployment, which is drift.
struct ObjectWriter {
    let client: KubernetesClient
    let author: Author
    /// Called with every object after it was written.
    let saw: @Sendable (ResourceType, KubernetesObject) async -> Void
    /// Throws if the endpoint has a later runner or no longer exists.
    let confirm: @Sendable () async throws -> Void

    /// The handling of fields that another manager has set to a different value.
    enum Conflict {
        /// The write is refused with the names of the managers.
        case refuse
        /// Fields of managers that set them once, with `kubectl edit` or `kubectl scale`, are overwritten by a patch.
        ///
        /// The write is refused if a manager applies its fields repeatedly.
        case overwriteManualEdits
        /// All fields are overwritten by a patch, since a rollback takes precedence.
        case takeBack
    }

    /// Brings the object to the desired state, unless it already is or this very change was already made.
    ///
    /// `live` is `nil` if the object does not exist yet.
    @discardableResult
    func put(
        _ type: ResourceType, _ desired: KubernetesObject, over live: KubernetesObject?,
        onConflict conflict: Conflict = .refuse
    ) async throws -> KubernetesObject {
        guard let live else { return try await make(type, desired) }
        try guardOwnership(type, live, as: desired)
        try guardEpoch(live)
        guard live.annotations[Mark.key] != author.context.idempotencyKey else { return live }
        guard !isInDesiredState(desired, live) else { return live }
        return try await apply(type, desired, over: live, onConflict: conflict)
    }

    /// Applies the object without comparing it first.
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
                // Left by a runner that died after patching, before the fields were recorded as applied.
                _ = try await recordAsApplied(type, live)
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
                .conflict, "\(type.kind) \(desired.name) was created by another client at the same time")
        }
        do {
            try await confirm()
        } catch let error as BackendError where error.code == .fenced {
            try await takeAway(type, written)
            throw error
        }
        return written
    }

    /// Creates an object.
    ///
    /// If that is forbidden, names the missing permission, which older API servers do not.
    private func create(_ type: ResourceType, _ desired: KubernetesObject) async throws
        -> (object: KubernetesObject, isNew: Bool)
    {
        do {
            return try await client.applyReportingCreation(type, desired)
        } catch var error as KubernetesError where error.code == .forbidden {
            let access = Access("create", type, namespace: desired.namespace)
            guard try await !client.canI(access) else { throw error }
            error.message = "this user is not allowed to \(access)"
            throw error
        }
    }

    /// Deletes the object that this runner created, unless another runner has written it since; controllers may have.
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

    /// Refuses objects that Turnout did not create, or that belong to another endpoint or deployment.
    func guardOwnership(_ type: ResourceType, _ live: KubernetesObject, as desired: KubernetesObject) throws {
        guard live.labels[Mark.managedBy] == Mark.manager else {
            let label = live.labels[Mark.managedBy].map { "is managed by '\($0)'" }
            let managers = ManagedFields(live).managers.filter { $0 != Mark.manager }
            let others =
                managers.isEmpty
                ? "was not created by Turnout" : "is managed by \(managers.map { "'\($0)'" }.joined(separator: ", "))"
            throw BackendError(
                .refused,
                "\(type.kind) \(live.name) already exists and \(label ?? others); Turnout does not take over objects: "
                    + "give the endpoint another name, or delete that \(type.kind)")
        }
        for key in [Mark.name, Mark.deployment] where live.labels[key] != desired.labels[key] {
            throw BackendError(
                .refused,
                "\(type.kind) \(live.name) belongs to deployment '\(live.labels[Mark.deployment] ?? "")' of endpoint "
                    + "'\(live.labels[Mark.name] ?? "")', which needs the same object name: rename one of them")
        }
    }

    /// Refuses to write an object that a later runner has written.
    func guardEpoch(_ live: KubernetesObject) throws {
        guard author.context.epoch < live.epoch else { return }
        throw BackendError(
            .fenced,
            "epoch \(author.context.epoch) of \(author.context.run) is over: \(live.kind) \(live.name) has epoch "
                + "\(live.epoch) of \(live.annotations[Mark.run] ?? "another run")")
    }

    /// Whether the object is in the desired state, both as applied and as observed.
    private func isInDesiredState(_ desired: KubernetesObject, _ live: KubernetesObject) -> Bool {
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
        case .overwriteManualEdits: fields.allSatisfy { !ManagedFields(live).applies($0.manager) }
        }
    }

    /// Patches the members of `spec` that are in conflict, if the object is still in the state that was read.
    ///
    /// The patched fields are recorded as applied.
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

    /// Patches an object if it is still in this state, and records the patched fields as applied.
    func patch(_ type: ResourceType, _ live: KubernetesObject, _ operations: [PatchOperation]) async throws
        -> KubernetesObject
    {
        let written: KubernetesObject
        do {
            written = try await client.patch(type, live.name, in: live.namespace, operations)
        } catch let error as KubernetesError where error.code == .invalid {
            // A failed `test` is reported as invalid, whatever the reason.
            let now = try await client.get(type, live.name, in: live.namespace)
            guard now?.resourceVersion != live.resourceVersion else { throw error }
            throw KubernetesError(.conflict, error.message, status: error.status, request: error.request)
        }
        return try await recordAsApplied(type, written)
    }

    /// Records patched fields as applied, with retries since others, such as a gateway, may write the object meanwhile.
    private func recordAsApplied(_ type: ResourceType, _ patched: KubernetesObject) async throws -> KubernetesObject {
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

    /// The member of `spec` that contains a field: `replicas` for `.spec.replicas`.
    private static func part(of field: String) -> String? {
        let parts = field.split(separator: ".")
        guard parts.count > 1, parts[0] == "spec" else { return nil }
        return parts[1].split(separator: "[").first.map(String.init)
    }
}
