internal import RolloutEngine
internal import Rollouts

/// Changes of deployments.
extension ChangeWork {
    /// Creates or updates a deployment's objects.
    ///
    /// The Deployment is written last, so that this change's key on it means that all other objects exist.
    func put(_ definition: DeploymentDefinition) async throws {
        let settings = settings.settings(of: definition)
        guard let image = ServedImage(definition, settings) else {
            throw BackendError(
                .refused,
                "deployment \(definition.name) has no image: set 'image' in the environment of its file, or "
                    + "backends.kubernetes.image in the playbook")
        }
        var manifest = DeploymentManifest(
            definition: definition, endpoint: endpoint, settings: settings, image: image,
            code: try await code(definition),
            namespace: namespace)
        let live = try await fresh(.deployments, manifest.name)
        if let live {
            try writer.guardOwnership(.deployments, live, as: try manifest.deployment(by: author))
            try writer.guardEpoch(live)
            guard !live.hasKey(author.context.idempotencyKey) else { return }
            // A failed deployment is retried with new Pods, since neither its controller nor its nodes start over. One
            // that only lacks its rule in the route serves as it is.
            let hasFailed =
                reading?.snapshot.deployment(definition.name)?.state == .failed
                && reading?.reading(of: definition.name)?.objects.routing != nil
            manifest.trial = hasFailed ? manifest.trial(for: author) : live.trial
        }
        let deployment = try manifest.deployment(by: author)
        if let code = manifest.code, !code.isThere {
            let map = code.configMap(of: definition.name, in: endpoint, namespace: namespace, by: author)
            try await writer.put(.configMaps, map, over: try await fresh(.configMaps, map.name))
        }
        try await writer.put(
            .services, try manifest.service(by: author), over: try await fresh(.services, manifest.name))
        try await put(try manifest.autoscaler(by: author), named: manifest.name)
        try await route(definition)
        try await writer.put(
            .deployments, deployment, over: live, onConflict: isRollback ? .takeBack : .refuse)
        try await prune(of: definition.name, keeping: [manifest.code?.name, live?.codeName].compactMap(\.self))
    }

    /// Sets the replica count, or for a deployment with an autoscaler its minimum.
    func scale(_ name: Name, to count: Int) async throws {
        let object = ObjectNames.object(of: name, in: endpoint)
        if let live = try await fresh(.horizontalPodAutoscalers, object), live.isManagedByTurnout {
            let desired = try live.asApplied(by: author) { spec in
                spec[path: ["minReplicas"]] = .integer(count)
                spec[path: ["maxReplicas"]] = .integer(max(count, live["spec", "maxReplicas"]?.integer ?? count))
            }
            try await writer.put(
                .horizontalPodAutoscalers, desired, over: live,
                onConflict: conflict)
            return
        }
        guard let live = try await fresh(.deployments, object) else {
            throw KubernetesError(.conflict, "Deployment \(object) no longer exists")
        }
        let desired = try live.asApplied(by: author) { $0[path: ["replicas"]] = .integer(count) }
        try await writer.put(
            .deployments, desired, over: live,
            onConflict: conflict)
    }

    /// Deletes a deployment after its requests have ended.
    ///
    /// First no route leads to it and the gateways have confirmed that, then its Pods end within their grace period.
    func delete(_ name: Name) async throws {
        guard objects?.deployments[name] != nil else { return }
        try await unroute(name)
        try await waitForGateways()
        try await deleteObjects(of: name)
        try await pruneOthers(than: name)
    }

    /// Deletes superseded code of the other deployments.
    ///
    /// At this point no rollback needs it, and no Pod uses it.
    private func pruneOthers(than deleted: Name) async throws {
        for (name, objects) in objects?.deployments ?? [:] where name != deleted {
            guard reading?.reading(of: name)?.isSettled ?? false else { continue }
            try await prune(of: name, keeping: [objects.deployment.codeName].compactMap(\.self))
        }
    }

    /// Deletes the endpoint's objects.
    ///
    /// The route is deleted last, because the endpoint exists as long as it does.
    func deleteEndpoint() async throws {
        guard let anchor = objects?.anchor else { return }
        for name in (objects?.deployments ?? [:]).keys.sorted() { try await deleteObjects(of: name, withRoute: true) }
        for route in objects?.additionalRoutes ?? [] { try await delete(.httpRoutes, route.name) }
        guard let live = try await fresh(anchor.type, anchor.object.name) else { return }
        try writer.guardEpoch(live)
        try await end(anchor.type, live)
    }

    /// Deletes a deployment's objects one by one instead of relying on owner references.
    ///
    /// If a person deletes a route by mistake, the servers stay. Only a Deployment's own Pods are deleted with it.
    private func deleteObjects(of name: Name, withRoute: Bool = false) async throws {
        let object = ObjectNames.object(of: name, in: endpoint)
        // A route of the user that still leads to the Service would be broken without it.
        let isReferenced =
            !withRoute && objects?.anchor.choice != nil
            && reading?.route?.weights.contains { $0.service == object } ?? false
        try await delete(.horizontalPodAutoscalers, object)
        if !isReferenced { try await delete(.services, object) }
        try await prune(of: name, keeping: [])
        try await delete(.deployments, object)
    }

    private func delete(_ type: ResourceType, _ name: String) async throws {
        guard let live = try await fresh(type, name), live.isManagedByTurnout, live.deletionTimestamp == nil else {
            return
        }
        try writer.guardEpoch(live)
        try await end(type, live)
    }

    /// Deletes the object in the state that was read, and reads it again: an object with Pods takes time to end.
    func end(_ type: ResourceType, _ live: KubernetesObject) async throws {
        try await client.delete(
            type, live.name, in: namespace, uid: live.uid, resourceVersion: live.resourceVersion,
            propagation: type == .deployments ? .foreground : .background)
        try await backend.view.lookAgain(type, of: endpoint)
    }

    /// Waits until the gateways use the route in its present state.
    private func waitForGateways() async throws {
        guard objects?.anchor.choice == nil else { return }
        let deadline = backend.clock.now() + Self.gatewayPatience
        while true {
            guard let objects = try await backend.view.objects(of: endpoint) else { return }
            let reading = EndpointReading(
                objects: objects, endpoint: endpoint, giveUp: settings.giveUp, now: backend.clock.now())
            guard let missing = reading.routes.map({ reading.acceptance(of: $0) }).first(where: { $0 != .accepted })
            else { return }
            guard backend.clock.now() < deadline else {
                throw BackendError(.busy(retryAfter: .seconds(2)), missing.words)
            }
            try await backend.clock.sleep(until: backend.clock.now() + .milliseconds(100))
        }
    }

    /// How long a change waits for the gateways before it reports that it is busy and its runner retries.
    private static let gatewayPatience = Interval.seconds(10)

    /// Applies the autoscaler, or deletes the present one if none is desired.
    private func put(_ autoscaler: KubernetesObject?, named name: String) async throws {
        guard let autoscaler else { return try await delete(.horizontalPodAutoscalers, name) }
        try await writer.put(
            .horizontalPodAutoscalers, autoscaler, over: try await fresh(.horizontalPodAutoscalers, name))
    }

    /// Deletes ConfigMaps with code that no version needs.
    ///
    /// The previous version's code stays until the next change, because its Pods may still start.
    private func prune(of deployment: Name, keeping names: [String]) async throws {
        let labels = Mark.labels(of: deployment, in: endpoint)
        for map in try await client.list(.configMaps, in: namespace, labels: Selector(labels)).objects
        where !names.contains(map.name) {
            try writer.guardEpoch(map)
            try await client.delete(
                .configMaps, map.name, in: namespace, uid: map.uid, resourceVersion: map.resourceVersion,
                propagation: .background)
        }
    }

    /// The code, if it is a folder of this machine or was stored in the cluster from one; otherwise `nil`.
    private func code(_ definition: DeploymentDefinition) async throws -> CodeManifest? {
        let configuration = definition.document["code_configuration"]
        guard let code = configuration?["code"]?.string, !code.contains(":") else { return nil }
        let script = configuration?["scoring_script"]?.string ?? "score.py"
        let planned = configuration?[CodeFolder.digestKey]?.string
        if let digest = planned,
            let map = try await fresh(
                .configMaps, ObjectNames.code(of: definition.name, in: endpoint, digest: digest)),
            map.deletionTimestamp == nil, map.labels[Mark.name] == ObjectNames.folded(endpoint),
            map.labels[Mark.deployment] == ObjectNames.folded(definition.name),
            let kept = CodeManifest(map, digest: digest, script: script)
        {
            return kept
        }
        guard let folder = definition.folder ?? planned.flatMap({ backend.folders[$0] }) else {
            throw BackendError(.refused, "the code of deployment \(definition.name), \(code), is not on this machine")
        }
        let path = code.hasPrefix("/") ? code : folder + "/" + code
        let read: CodeFolder
        do throws(CodeFolder.Problem) { read = try CodeFolder(at: path) } catch {
            throw BackendError(.refused, "the code of deployment \(definition.name), \(path), \(error)")
        }
        if let planned, planned != read.digest {
            throw BackendError(
                .refused,
                "the code of deployment \(definition.name), \(path), was edited since the plan was made: "
                    + "restore it, or use the edited files with --adopt")
        }
        return CodeManifest(read, script: script, of: definition.name, in: endpoint)
    }
}

extension RouteReading.Acceptance {
    var words: String {
        switch self {
        case .accepted: "the route is accepted"
        case .waiting(let what): "waiting for \(what)"
        case .refused(let why), .unresolved(let why): why
        }
    }
}

extension KubernetesObject {
    var isManagedByTurnout: Bool { labels[Mark.managedBy] == Mark.manager }

    /// The name of the ConfigMap from which its Pods get their code.
    var codeName: String? {
        self["spec", "template", "spec", "volumes"]?.list?.first { $0["name"]?.string == CodeManifest.volume }?[
            "configMap"]?["name"]?.string
    }

    /// The object as it was last applied, modified by `edit`, as a write of `author`.
    ///
    /// Fields that others changed are not touched and remain drift.
    func asApplied(by author: Author, _ edit: (inout Value) -> Void) throws -> KubernetesObject {
        guard let type = [ResourceType.deployments, .horizontalPodAutoscalers].first(where: { $0.kind == kind }),
            let text = annotations[Mark.applied]
        else {
            throw BackendError(
                .refused, "\(kind) \(name) has no annotation \(Mark.applied): deploy it again")
        }
        var spec = try JSONReader.value(Array(text.utf8))
        edit(&spec)
        var kept = annotations.filter { $0.key == Mark.definition }
        kept[Mark.applied] = try ManifestText.applied(spec)
        kept.merge(author.annotations) { _, new in new }
        let marks = [Mark.managedBy, Mark.name, Mark.instance, Mark.deployment]
        return KubernetesObject(
            type, name: name, namespace: namespace, labels: labels.filter { marks.contains($0.key) },
            annotations: kept, ["spec": HiddenValues.shown(inSpec: spec, live: self["spec"] ?? [:])])
    }
}
