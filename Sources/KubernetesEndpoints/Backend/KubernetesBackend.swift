package import Logging
package import RolloutEngine
package import Rollouts

/// Endpoints on a Kubernetes cluster: a Deployment and a Service per deployment, an HTTPRoute per endpoint.
///
/// Turnout runs no controller in the cluster. The runner writes all objects itself, in an order that can be continued
/// from
/// any point: the object that marks a change as done is written last.
package final class KubernetesBackend: Backend, Sendable {
    package let client: KubernetesClient
    package let settings: KubernetesSettings
    package let namespace: String
    /// The hash of the plan that is being executed.
    let plan: String?
    /// The ID of the state folder whose runs make the changes.
    ///
    /// It distinguishes their keys from those of other homes.
    let home: String?
    /// Code folders on this machine by their digest.
    ///
    /// The observed state of a deployment does not contain them.
    let folders: [String: String]
    let clock: any RunClock
    let view: ClusterView
    let crashes = CrashLogs()
    let features = RouteFeatures()
    let routeWaits = RouteWaits()
    let callers: GatewayCallers
    let logger: Logger

    /// The maximum number of attempts if another client keeps changing an object.
    static let tries = 6

    /// Creates a backend.
    ///
    /// - Parameters:
    ///   - client: The client of the cluster.
    ///   - settings: The playbook's settings. Their namespace takes precedence over the client's.
    ///   - plan: The hash of the plan that is being executed, which is stored in objects.
    ///   - home: The ID of the state folder, since runs of different homes may have the same names.
    ///   - folders: The code folders of the plan's deployments by their digest.
    ///   - clock: The machine's clock. It must agree with the cluster's within seconds, because waiting times are
    ///     computed
    ///     from the creation times of objects.
    ///   - logger: Logs retries.
    package init(
        _ client: KubernetesClient, settings: KubernetesSettings, plan: String? = nil, home: String? = nil,
        folders: [String: String] = [:], clock: any RunClock = SystemClock(),
        logger: Logger = Logger(label: "turnout.kubernetes")
    ) {
        self.client = client
        self.settings = settings
        self.plan = plan
        self.home = home
        self.folders = folders
        self.clock = clock
        self.logger = logger
        namespace = settings.namespace ?? client.namespace
        view = ClusterView(client, namespace: namespace, clock: clock)
        callers = GatewayCallers(client, namespace: namespace)
    }

    package var capabilities: Capabilities { Self.capabilities() }

    /// The capabilities of a backend before it is connected.
    ///
    /// A playbook's `load` is not sent, because clusters have real clients. Outcomes of requests are reported if
    /// `metrics` are
    /// configured for the gateway.
    package static func capabilities(_ metrics: KubernetesSettings.MetricsChoice? = nil) -> Capabilities {
        Capabilities(
            name: "kubernetes", kind: .kubernetes, mirrorLimit: nil, simulatesClients: false,
            reportsOutcomes: metrics != nil, reportsLatencies: metrics?.hasLatencies ?? false)
    }

    package func close() async {
        view.close()
        await callers.close()
        await client.close()
    }

    /// The names of the existing endpoints, sorted.
    package func endpoints() async throws(BackendError) -> [Name] {
        try await asBackendErrors { try await self.view.endpoints() }
    }

    package func observe(_ endpoint: Name) async throws(BackendError) -> EndpointSnapshot? {
        try await asBackendErrors { try await self.snapshot(of: endpoint) }
    }

    package func apply(_ change: Change, to endpoint: Name, as context: ChangeContext) async throws(BackendError) {
        try await asBackendErrors {
            for _ in 1..<Self.tries {
                do {
                    return try await self.write(change, to: endpoint, as: context)
                } catch let error as KubernetesError where error.code == .conflict || error.code == .alreadyExists {
                    self.logger.debug("reading again", metadata: ["change": "\(change)", "error": "\(error)"])
                }
            }
            try await self.write(change, to: endpoint, as: context)
        }
    }

    /// Returns no outcomes: they are read from the gateway's metrics elsewhere, with ``trafficRule(of:)``.
    package func outcomes(of endpoint: Name, since cursor: Int?) async throws(BackendError) -> OutcomeReading {
        OutcomeReading(cursor: cursor ?? 0)
    }

    private func snapshot(of endpoint: Name) async throws -> EndpointSnapshot? {
        guard let objects = try await view.objects(of: endpoint) else {
            guard try await view.isEnding(endpoint) else { return nil }
            return EndpointSnapshot(
                definition: EndpointDefinition(name: endpoint), kind: .kubernetes, state: .deleting,
                reason: "its Pods are ending")
        }
        return try await snapshot(of: endpoint, objects)
    }

    /// A snapshot with events of Pods that do not serve and the last lines of containers that crashed.
    private func snapshot(of endpoint: Name, _ objects: EndpointObjects) async throws -> EndpointSnapshot {
        var reading = EndpointReading(objects: objects, endpoint: endpoint, giveUp: settings.giveUp, now: clock.now())
        if let route = reading.unacceptedRoute {
            reading.gateway = try await routeWaits.state(
                of: route.route, route.acceptance, at: clock.now(), by: client)
        }
        let waiting = objects.deployments.keys.sorted().flatMap { reading.reading(of: $0)?.podsWithProblems ?? [] }
        if !waiting.isEmpty {
            for pod in waiting { await view.events.look(at: pod) }
            reading.objects = objects.knowing(view.events.known)
        }
        var snapshot = reading.snapshot
        for index in snapshot.deployments.indices {
            guard let crash = reading.reading(of: snapshot.deployments[index].name)?.crash,
                let reason = snapshot.deployments[index].reason,
                let lines = await crashes.lines(of: crash, in: namespace, by: client)
            else { continue }
            snapshot.deployments[index].reason = "\(reason); its last lines: \(lines)"
        }
        return snapshot
    }

    /// Makes the change, or throws ``KubernetesError/Code/conflict`` if the endpoint must be read again.
    private func write(_ change: Change, to endpoint: Name, as context: ChangeContext) async throws {
        var work = ChangeWork(self, endpoint, Author(context, plan: plan, home: home), try await fresh(endpoint))
        try work.guardEpoch()
        if try await work.hasTakenEffect(change) { return }
        try work.guardRules(change)
        // A runner that was overtaken finds out with its first write, whichever that is.
        try await work.claim()
        switch change {
        case .putEndpoint(let definition): try await work.put(definition)
        case .putDeployment(let definition): try await work.put(definition)
        case .scale(let name, let count): try await work.scale(name, to: count)
        case .setTraffic(let traffic): try await work.set(traffic)
        // The rules admit only turning mirroring off, which it always is.
        case .setMirrorTraffic: return
        case .deleteDeployment(let name): try await work.delete(name)
        case .deleteEndpoint: try await work.deleteEndpoint()
        }
    }

    /// The endpoint's objects, with the anchor and the route read from the server now.
    func fresh(_ endpoint: Name) async throws -> EndpointObjects? {
        let name = ObjectNames.route(of: endpoint)
        if let route = try await client.get(.httpRoutes, name, in: namespace),
            let anchor = EndpointAnchor(route, of: endpoint)
        {
            return try await objects(anchor, route)
        }
        try await view.lookAgain(.httpRoutes, of: endpoint)
        guard let map = try await client.get(.configMaps, name, in: namespace),
            let anchor = EndpointAnchor(map, of: endpoint), let choice = anchor.choice
        else {
            try await view.lookAgain(.configMaps, of: endpoint)
            return nil
        }
        return try await objects(anchor, try await client.get(.httpRoutes, choice.name, in: namespace))
    }

    private func objects(_ anchor: EndpointAnchor, _ route: KubernetesObject?) async throws -> EndpointObjects {
        var objects = EndpointObjects(anchor: anchor, route: route)
        let endpoint = Name(anchor.object.labels[Mark.name] ?? "")
        objects.deployments = try await view.deployments(of: endpoint)
        await view.saw(anchor.type, anchor.object)
        if let route { await view.saw(.httpRoutes, route) }
        if anchor.choice == nil { objects.additionalRoutes = try await view.additionalRoutes(of: endpoint) }
        return objects
    }
}
