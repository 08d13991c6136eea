internal import RolloutEngine
internal import Rollouts
internal import Synchronization

/// Turnout's objects in one namespace, kept up to date by one list and one watch per type.
final class ClusterView: Sendable {
    private let client: KubernetesClient
    private let namespace: String
    let events: PodEvents
    private let stores = Mutex<[ResourceType: Kept]>([:])

    private struct Kept {
        var store: ObjectStore
        /// Not a child task: it lives from the first read until the view is closed.
        var running: Task<Void, any Error>
    }

    init(_ client: KubernetesClient, namespace: String, clock: any RunClock) {
        events = PodEvents(client, namespace: namespace, clock: clock)
        self.client = client
        self.namespace = namespace
    }

    func close() {
        for kept in stores.withLock({ $0.values }) { kept.running.cancel() }
    }

    /// The names of the existing endpoints, sorted.
    func endpoints() async throws -> [Name] {
        let routes = try await routes()
        let maps = try await store(.configMaps).read()
        let names = (routes + maps).compactMap { $0.labels[Mark.name].map { Name($0) } }
        return Set(names).sorted()
    }

    private func routes() async throws -> [KubernetesObject] {
        do {
            return try await store(.httpRoutes).read()
        } catch let error as KubernetesError where error.code == .notFound {
            throw KubernetesError(
                .notFound,
                "the cluster does not have HTTPRoutes of \(ResourceType.httpRoutes.apiVersion): install the Gateway "
                    + "API and a controller for it (https://gateway-api.sigs.k8s.io)", request: error.request)
        }
    }

    /// The objects of the endpoint; `nil` if it does not exist.
    func objects(of endpoint: Name) async throws -> EndpointObjects? {
        guard let anchor = try await anchor(of: endpoint) else { return nil }
        var objects = EndpointObjects(anchor: anchor)
        if let choice = anchor.choice {
            objects.route = try await client.get(.httpRoutes, choice.name, in: namespace)
        } else {
            objects.route = anchor.object
            objects.additionalRoutes = try await additionalRoutes(of: endpoint)
        }
        objects.deployments = try await deployments(of: endpoint)
        return objects
    }

    /// The endpoint's further routes, in order of their numbers.
    func additionalRoutes(of endpoint: Name) async throws -> [KubernetesObject] {
        let routes = try await store(.httpRoutes).read(matching: Selector(Mark.labels(of: endpoint)))
        let numbered = routes.compactMap { route in
            ObjectNames.part(route.name, of: endpoint).map { (number: $0, route: route) }
        }
        return numbered.filter { $0.route.deletionTimestamp == nil }.sorted { $0.number < $1.number }.map(\.route)
    }

    func deployments(of endpoint: Name) async throws -> [Name: DeploymentObjects] {
        let labels = Selector(Mark.labels(of: endpoint))
        func read(_ type: ResourceType) async throws -> [KubernetesObject] {
            try await store(type).read(matching: labels)
        }
        let deployments = try await read(.deployments)
        guard !deployments.isEmpty else { return [:] }
        let services = try await read(.services).byName
        let autoscalers = try await read(.horizontalPodAutoscalers).byName
        let slices = Dictionary(grouping: try await read(try await slices())) {
            $0.labels["kubernetes.io/service-name"] ?? ""
        }
        let pods = Dictionary(grouping: try await read(.pods)) { $0.labels[Mark.instance] ?? "" }
        let events = events.known
        var found: [Name: DeploymentObjects] = [:]
        for deployment in deployments {
            guard let word = deployment.labels[Mark.deployment] else { continue }
            let name = deployment.name
            found[Name(word)] = DeploymentObjects(
                deployment: deployment, service: services[name], autoscaler: autoscalers[name],
                slices: slices[name] ?? [], pods: (pods[name] ?? []).filter { $0.deletionTimestamp == nil },
                events: events)
        }
        return found
    }

    /// Whether Deployments of an endpoint that no longer exists are being deleted.
    func isEnding(_ endpoint: Name) async throws -> Bool {
        try await store(.deployments).read(matching: Selector(Mark.labels(of: endpoint)))
            .contains { $0.deletionTimestamp != nil }
    }

    /// Records an object that was just read or written, so that later reads are not older.
    func saw(_ type: ResourceType, _ object: KubernetesObject) async {
        guard let kept = stores.withLock({ $0[type] }) else { return }
        await kept.store.record(object)
    }

    /// Reads the endpoint's objects of a type from the server, after one of them was deleted.
    func lookAgain(_ type: ResourceType, of endpoint: Name) async throws {
        guard let kept = stores.withLock({ $0[type] }) else { return }
        try await kept.store.refresh(matching: Selector(Mark.labels(of: endpoint)))
    }

    private func anchor(of endpoint: Name) async throws -> EndpointAnchor? {
        let name = ObjectNames.route(of: endpoint)
        for type in [ResourceType.httpRoutes, .configMaps] {
            let object = try await store(type).read(name, in: namespace)
            if let anchor = object.flatMap({ EndpointAnchor($0, of: endpoint) }) { return anchor }
        }
        return nil
    }

    /// The store of a type.
    ///
    /// For ConfigMaps it has only those that represent endpoints, since those with code may be large.
    private func store(_ type: ResourceType) -> ObjectStore {
        stores.withLock { stores in
            if let kept = stores[type] { return kept.store }
            var requirements: [Selector.Requirement] = [.equals(Mark.managedBy, Mark.manager)]
            if type == .configMaps { requirements.append(.isAbsent(Mark.instance)) }
            let store = ObjectStore(
                client, type, in: namespace, labels: Selector(requirements), trimmed: { $0.trimmed })
            stores[type] = Kept(store: store, running: Task { try await store.run() })
            return store
        }
    }

    private let slicesType = Mutex<ResourceType?>(nil)

    /// EndpointSlices at the server's version: `v1beta1` up to 1.20, `v1` since 1.21.
    private func slices() async throws -> ResourceType {
        if let known = slicesType.withLock({ $0 }) { return known }
        guard let type = try await client.served(.endpointSlices) else {
            throw KubernetesError(.notFound, "the cluster has no EndpointSlices")
        }
        slicesType.withLock { $0 = type }
        return type
    }
}

extension KubernetesObject {
    /// The object without parts that are not needed in memory.
    ///
    /// Only the parts of managedFields that concern `spec` are kept, since writers read an object again. Of Pods, the
    /// most
    /// numerous objects, only labels and status are kept.
    fileprivate var trimmed: KubernetesObject {
        var object = self
        object["metadata", "managedFields"] = ManagedFields(self).reduced
        if kind == ResourceType.pods.kind {
            object["spec"] = nil
            object["metadata", "managedFields"] = nil
            object["metadata", "annotations"] = nil
            object["metadata", "ownerReferences"] = nil
        }
        return object
    }
}

extension [KubernetesObject] {
    fileprivate var byName: [String: KubernetesObject] {
        Dictionary(map { ($0.name, $0) }, uniquingKeysWith: { _, last in last })
    }
}
