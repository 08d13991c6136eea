internal import Rollouts

/// The objects of one endpoint at one moment.
struct EndpointObjects {
    var anchor: EndpointAnchor
    /// The endpoint's own route, or the user's; `nil` if the user's route does not exist.
    var route: KubernetesObject?
    /// Turnout's further routes, which name the deployments for which the first has no room, in order.
    var additionalRoutes: [KubernetesObject] = []
    var deployments: [Name: DeploymentObjects] = [:]

    func knowing(_ events: [String: PodEvent]) -> EndpointObjects {
        var objects = self
        for name in deployments.keys { objects.deployments[name]?.events = events }
        return objects
    }

    /// Replaces the anchor by its newly written state.
    mutating func claimed(_ written: KubernetesObject) {
        anchor.object = written
        if anchor.choice == nil { route = written }
    }
}

/// Derives an endpoint's state from its objects.
struct EndpointReading {
    var objects: EndpointObjects
    let endpoint: Name
    let giveUp: KubernetesSettings.FailureLimits
    let now: Timestamp
    /// How long the gateways have not accepted a route in its present state, and the reason that they report.
    var gateway: (age: Interval, problem: String?) = (.zero, nil)

    /// The first route that gateways have not accepted in its present state, else the endpoint's own.
    var unacceptedRoute: RouteReading? {
        guard objects.anchor.choice == nil else { return route }
        return routes.first { $0.acceptance != .accepted } ?? route
    }

    private var hasGivenUp: Bool { gateway.age >= giveUp.after }

    func reading(of name: Name) -> DeploymentReading? {
        guard var deployment = objects.deployments[name] else { return nil }
        if objects.anchor.choice == nil {
            let naming = routes.first { $0.names(name) }
            deployment.routing = naming.map { acceptance(of: $0, for: [name]) }
            deployment.isRoutingFinal = hasGivenUp
        }
        return DeploymentReading(objects: deployment, name: name, endpoint: endpoint, giveUp: giveUp, now: now)
    }

    var route: RouteReading? {
        objects.route.map {
            RouteReading(
                $0, of: endpoint, deployments: Array(objects.deployments.keys), choice: objects.anchor.choice?.rule)
        }
    }

    /// All of Turnout's routes.
    var routes: [RouteReading] {
        ([objects.route].compactMap(\.self) + objects.additionalRoutes).map {
            RouteReading($0, of: endpoint, deployments: Array(objects.deployments.keys))
        }
    }

    /// The gateways' acceptance of a route, as far as it concerns requests to `deployments`.
    ///
    /// A gateway uses a route even if it can resolve only some of its references; only requests to the others fail. A
    /// deleted
    /// Service therefore does not concern deployments that have theirs, and must not prevent leading clients back to
    /// them.
    /// Missing references without a known cause may concern any deployment.
    func acceptance(of route: RouteReading, for deployments: Set<Name> = []) -> RouteReading.Acceptance {
        guard case .unresolved = route.acceptance else { return route.acceptance }
        let missing = route.referenced.filter { objects.deployments[$0]?.service == nil }
        return missing.isEmpty || !missing.isDisjoint(with: deployments) ? route.acceptance : .accepted
    }

    /// The deployments that each of ``routes`` names.
    var parts: RouteParts { RouteParts(routes.map(\.named)) }

    var snapshot: EndpointSnapshot {
        let anchor = objects.anchor
        var definition = anchor.definition ?? EndpointDefinition(name: endpoint)
        let wanted = route?.traffic ?? .none
        var actual = wanted
        var state = ProvisioningState.succeeded
        var reason: String?
        let served = Set(route?.weights.filter { $0.weight > 0 }.map(\.deployment) ?? [])
        switch route.map({ acceptance(of: $0, for: served) }) {
        case .accepted?: break
        case .waiting(let what)?:
            let why = gateway.problem.map { ": \($0)" } ?? ""
            let limit = hasGivenUp ? " for more than \(giveUp.after)" : ""
            (state, reason) = (hasGivenUp ? .failed : .updating, "waiting\(limit) for \(what)\(why)")
            actual = anchor.trafficBefore ?? .none
        case .unresolved(let why)?:
            (state, reason) = (.failed, why)
            actual = anchor.trafficBefore ?? .none
        case .refused(let why)?:
            (state, reason) = (hasGivenUp ? .failed : .updating, why)
            actual = anchor.trafficBefore ?? .none
        case nil: (state, reason) = (.failed, "the HTTPRoute \(anchor.choice?.name ?? "") does not exist")
        }
        if anchor.object.deletionTimestamp != nil { (state, reason) = (.deleting, nil) }
        if anchor.choice == nil {
            if let route = objects.route { note(drift(of: route), of: "HTTPRoute", in: &definition) }
            for route in objects.additionalRoutes {
                note(drift(of: route), of: "HTTPRoute \(route.name)", in: &definition)
            }
        }
        return EndpointSnapshot(
            definition: definition, kind: .kubernetes, state: state,
            traffic: DesiredAndActual(wanted: wanted, actual: actual),
            deployments: objects.deployments.keys.sorted().compactMap { reading(of: $0)?.snapshot }, reason: reason)
    }

    private func note(_ drift: [ManifestDrift.Field], of object: String, in definition: inout EndpointDefinition) {
        for field in drift {
            definition.document[path: [DriftedDocument.key, "\(object) \(field.place)"]] = field.live ?? .null
        }
    }

    /// The fields of the route that differ from the applied ones, except weights, which are reported as traffic.
    private func drift(of route: KubernetesObject) -> [ManifestDrift.Field] {
        guard case .mapping(var applied)? = route.appliedSpec else { return [.lostAnnotation(of: route)] }
        guard case .mapping(var live)? = route["spec"] else { return [] }
        applied["rules"] = applied["rules"].map(Self.withoutWeights)
        live["rules"] = live["rules"].map(Self.withoutWeights)
        return ManifestDrift(applied: .mapping(applied), live: route, spec: .mapping(live)).fields
    }

    private static func withoutWeights(_ rules: Value) -> Value {
        .list(
            (rules.list ?? []).map { rule in
                var rule = rule
                guard let references = rule["backendRefs"]?.list else { return rule }
                rule[path: ["backendRefs"]] = .list(
                    references.map { reference in
                        var reference = reference
                        reference[path: ["weight"]] = nil
                        return reference
                    })
                return rule
            })
    }
}
