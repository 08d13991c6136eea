internal import RolloutEngine
internal import Rollouts

/// Changes of the route: the endpoint itself, its traffic, and the deployments that requests can name.
extension ChangeWork {
    func put(_ definition: EndpointDefinition) async throws {
        if let choice = settings.route { return try await put(definition, beside: choice) }
        let name = ObjectNames.route(of: endpoint)
        let live = try await fresh(.httpRoutes, name)
        let anchor = live.flatMap { EndpointAnchor($0, of: endpoint) }
        guard anchor == nil || objects?.anchor.choice == nil else {
            throw BackendError(
                .refused,
                "endpoint \(endpoint) uses the existing route \(objects?.anchor.choice?.name ?? ""): set "
                    + "backends.kubernetes.route to it in the playbook")
        }
        let gateway = settings.gateway(of: definition)
        let place = try self.place(gateway, anchor)
        if !isRollback,
            let rival = try await backend.rival(of: endpoint, parents: place.parents, hostnames: place.hostnames)
        {
            throw BackendError(.refused, rival)
        }
        var annotations = anchor?.kept ?? [:]
        annotations[Mark.definition] = try ManifestText.definition(definition)
        annotations[EndpointAnchor.address] = gateway?.address ?? annotations[EndpointAnchor.address]
        let backends = try await objects == nil ? orphans() : backends
        try await writeRoute(live, anchor, annotations, backends: backends, reading?.route?.traffic ?? .none, at: place)
    }

    /// Sets the weights.
    ///
    /// The traffic that clients get until the new weights apply is stored with them.
    func set(_ traffic: Traffic) async throws {
        guard let objects, let snapshot = reading?.snapshot else { return }
        guard objects.anchor.choice != nil else {
            try await writeRoute(
                objects.anchor.object, objects.anchor, objects.anchor.kept, backends: backends, traffic)
            return
        }
        var annotations = objects.anchor.kept
        annotations[Mark.trafficBefore] = try ManifestText.definition(snapshot.traffic.actual)
        try await setUsersWeights(traffic, annotations)
    }

    /// Adds a rule, with the deployment's timeout, for requests that name the deployment.
    func route(_ definition: DeploymentDefinition) async throws {
        guard let anchor = objects?.anchor, anchor.choice == nil else { return }
        var backends = backends.filter { $0.deployment != definition.name }
        backends.append(.init(deployment: definition.name, timeout: definition.requestSettings.timeout))
        try await rewrite(anchor, backends)
    }

    /// Removes the rule for requests that name the deployment.
    func unroute(_ deployment: Name) async throws {
        guard let anchor = objects?.anchor, anchor.choice == nil else { return }
        try await rewrite(anchor, backends.filter { $0.deployment != deployment })
    }

    private func rewrite(_ anchor: EndpointAnchor, _ backends: [RouteManifest.Backend]) async throws {
        var annotations = anchor.kept
        annotations[Mark.key] = anchor.key
        try await writeRoute(
            anchor.object, anchor, annotations, backends: backends, reading?.route?.traffic ?? .none, keepsKey: true)
    }

    /// The existing deployments that are not being deleted.
    private var backends: [RouteManifest.Backend] {
        (reading?.snapshot.deployments ?? []).filter { $0.state != .deleting }.map {
            RouteManifest.Backend(deployment: $0.name, timeout: $0.definition.requestSettings.timeout)
        }
    }

    /// Deployments that exist although their endpoint's route does not; the new route will lead to them again.
    private func orphans() async throws -> [RouteManifest.Backend] {
        try await backend.view.deployments(of: endpoint).sorted { $0.key < $1.key }.compactMap { name, objects in
            guard objects.deployment.deletionTimestamp == nil else { return nil }
            let reading = DeploymentReading(
                objects: objects, name: name, endpoint: endpoint, giveUp: settings.giveUp, now: backend.clock.now())
            return RouteManifest.Backend(
                deployment: name, timeout: reading.definition.requestSettings.timeout)
        }
    }

    private func writeRoute(
        _ live: KubernetesObject?, _ anchor: EndpointAnchor?, _ kept: [String: String],
        backends: [RouteManifest.Backend], _ traffic: Traffic, keepsKey: Bool = false, at place: Place? = nil
    ) async throws {
        guard traffic.deployments.count <= RouteParts.maxReferences else {
            throw BackendError(
                .refused,
                "traffic goes to \(traffic.deployments.count) deployments, but a rule of an HTTPRoute can lead to at "
                    + "most \(RouteParts.maxReferences): use fewer")
        }
        let parts = (reading?.parts ?? RouteParts([])).naming(backends.map(\.deployment))
        let place = try place ?? self.place(nil, anchor)
        var manifest = RouteManifest(
            endpoint: endpoint, namespace: namespace, parents: place.parents, hostnames: place.hostnames,
            backends: [], weighted: [], traffic: .none)
        manifest.hasFilters = settings.metrics?.needsFilters ?? false
        // Write the further routes first: a deployment must be reachable by name before it gets traffic.
        for (index, part) in parts.parts.enumerated().dropFirst() {
            manifest.backends = backends.filter { part.contains($0.deployment) }
            try await writeFurtherRoute(manifest, number: index + 1)
        }
        manifest.backends = backends.filter { parts.parts[0].contains($0.deployment) }
        manifest.weighted = backends
        manifest.traffic = traffic
        var kept = kept
        // Until the gateways accept the route as written, clients get the present traffic.
        if let actual = reading?.snapshot.traffic.actual {
            kept[Mark.trafficBefore] = try ManifestText.definition(actual)
        }
        _ = try await backend.features.write(manifest) { manifest in
            var annotations = kept.merging(self.author.annotations) { _, new in new }
            if keepsKey { annotations[Mark.key] = kept[Mark.key] }
            let object = try ManifestText.applied(
                KubernetesObject(
                    .httpRoutes, name: ObjectNames.route(of: self.endpoint), namespace: self.namespace,
                    labels: Mark.labels(of: self.endpoint), annotations: annotations, ["spec": manifest.spec]))
            return try await self.writer.put(.httpRoutes, object, over: live, onConflict: self.conflict)
        }
    }

    /// Writes a route in addition to the first one, or deletes it if it has no deployment to name.
    private func writeFurtherRoute(_ manifest: RouteManifest, number: Int) async throws {
        let name = ObjectNames.route(of: endpoint, part: number)
        let live = try await fresh(.httpRoutes, name)
        guard !manifest.backends.isEmpty else {
            guard let live, live.isManagedByTurnout, live.deletionTimestamp == nil else { return }
            try writer.guardEpoch(live)
            return try await end(.httpRoutes, live)
        }
        _ = try await backend.features.write(manifest) { manifest in
            var annotations = self.author.annotations
            // A route takes part in several changes, each of which has its own key.
            annotations[Mark.key] = nil
            let object = try ManifestText.applied(
                KubernetesObject(
                    .httpRoutes, name: name, namespace: self.namespace, labels: Mark.labels(of: self.endpoint),
                    annotations: annotations, ["spec": manifest.spec]))
            return try await self.writer.put(.httpRoutes, object, over: live, onConflict: self.conflict)
        }
    }

    /// The gateways and hostnames through which clients reach the endpoint.
    struct Place {
        var parents: Value
        var hostnames: [String]
    }

    /// The given gateway's place, else that of the applied route: only a change of the endpoint's definition moves it.
    private func place(_ gateway: KubernetesSettings.GatewayChoice?, _ anchor: EndpointAnchor?) throws -> Place {
        if let gateway {
            return Place(
                parents: RouteManifest.parents(gateway, namespace: namespace), hostnames: gateway.hostnames)
        }
        let applied = anchor?.object.appliedSpec ?? anchor?.object["spec"]
        guard let parents = applied?["parentRefs"], parents.list?.isEmpty == false else {
            throw BackendError(
                .refused,
                "no gateway is set for this endpoint: set backends.kubernetes.gateway: {name: …} in the playbook, or "
                    + "backends.kubernetes.route to use an existing route")
        }
        return Place(parents: parents, hostnames: applied?["hostnames"]?.list?.compactMap(\.string) ?? [])
    }
}

/// Routes that the user owns: a ConfigMap represents the endpoint, and only weights of the route itself are changed.
extension ChangeWork {
    private func put(_ definition: EndpointDefinition, beside choice: KubernetesSettings.RouteChoice) async throws {
        guard let route = try await fresh(.httpRoutes, choice.name) else {
            throw BackendError(.refused, "there is no HTTPRoute \(choice.name) in namespace \(namespace)")
        }
        guard EndpointAnchor(route, of: endpoint) == nil else {
            throw BackendError(
                .refused,
                "HTTPRoute \(choice.name) was created by Turnout: remove backends.kubernetes.route from the playbook")
        }
        await backend.view.saw(.httpRoutes, route)
        let reading = RouteReading(route, of: endpoint, deployments: [], choice: choice.rule)
        guard reading.weightedRule != nil else {
            throw BackendError(.refused, "HTTPRoute \(choice.name) has no rule \(choice.rule)")
        }
        let name = ObjectNames.route(of: endpoint)
        let live = try await fresh(.configMaps, name)
        var annotations = live.flatMap { EndpointAnchor($0, of: endpoint) }?.kept ?? [:]
        annotations.merge(author.annotations) { _, new in new }
        annotations[Mark.definition] = try ManifestText.definition(definition)
        annotations[EndpointAnchor.routeName] = choice.name
        annotations[EndpointAnchor.routeRule] = "\(choice.rule)"
        annotations[EndpointAnchor.address] =
            settings.gateway(of: definition)?.address ?? annotations[EndpointAnchor.address]
        try await writer.put(
            .configMaps,
            KubernetesObject(
                .configMaps, name: name, namespace: namespace, labels: Mark.labels(of: endpoint),
                annotations: annotations), over: live)
    }

    private func setUsersWeights(_ traffic: Traffic, _ annotations: [String: String]) async throws {
        guard let objects, let choice = objects.anchor.choice, let route = reading?.route, let rule = route.weightedRule
        else { return }
        let missing = traffic.deployments.filter { name in !route.weights.contains { $0.deployment == name } }
        guard missing.isEmpty else {
            let lines = missing.map {
                "{group: '', kind: Service, name: \(ObjectNames.object(of: $0, in: endpoint)), "
                    + "port: \(DeploymentManifest.servicePort), weight: 0}"
            }
            throw BackendError(
                .refused,
                "rule \(choice.rule) of HTTPRoute \(choice.name) does not lead to "
                    + "\(missing.map(\.text).joined(separator: ", ")): "
                    + "add to its backendRefs: \(lines.joined(separator: ", "))")
        }
        var operations: [PatchOperation] = []
        if let version = route.route.resourceVersion {
            operations.append(.test("/metadata/resourceVersion", .string(version)))
        }
        for (index, weight) in route.weights.enumerated() {
            let wanted = traffic[weight.deployment]
            guard wanted != weight.weight || !weight.isSaid else { continue }
            let path = "/spec/rules/\(rule)/backendRefs/\(index)"
            operations.append(.test(path + "/name", .string(weight.service)))
            if weight.isSaid { operations.append(.test(path + "/weight", .integer(weight.weight))) }
            operations.append(.add(path + "/weight", .integer(wanted)))
        }
        guard operations.count > 1 else { return }
        var marks = annotations.merging(author.annotations) { _, new in new }
        // If the key were stored now, a runner that died before writing the weights would never write them.
        marks[Mark.key] = objects.anchor.key
        _ = try await writer.apply(.configMaps, try objects.anchor.applied(marks), over: objects.anchor.object)
        _ = try await writer.patch(.httpRoutes, route.route, operations)
    }
}

extension KubernetesSettings.RouteChoice.Rule: CustomStringConvertible {
    package var description: String {
        switch self {
        case .index(let index): "\(index)"
        case .named(let name): name
        }
    }
}
