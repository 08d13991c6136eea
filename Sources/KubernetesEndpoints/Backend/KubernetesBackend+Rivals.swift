internal import Logging
package import RolloutEngine
package import Rollouts

extension KubernetesBackend {
    /// Describes another route on the endpoint's gateway that claims the same hostname and path, and what to do about
    /// it.
    ///
    /// It is `nil` if no such route is known.
    package func rival(of definition: EndpointDefinition) async throws(BackendError) -> String? {
        try await asBackendErrors { () async throws -> String? in
            guard self.settings.route == nil, let gateway = self.settings.gateway(of: definition) else { return nil }
            return try await self.rival(
                of: definition.name, parents: RouteManifest.parents(gateway, namespace: self.namespace),
                hostnames: gateway.hostnames)
        }
    }

    /// Looks for a rival in all namespaces if their routes may be listed, else in the endpoint's and the gateway's.
    func rival(of endpoint: Name, parents: Value, hostnames: [String]) async throws -> String? {
        let mine = RouteManifest(
            endpoint: endpoint, namespace: namespace, parents: parents, hostnames: hostnames, backends: [],
            weighted: [], traffic: .none)
        let claim = RouteClaim(
            KubernetesObject(
                .httpRoutes, name: ObjectNames.route(of: endpoint), namespace: namespace, ["spec": mine.spec]),
            in: namespace)
        let others = try await routes(beside: parents).filter { route in
            route.deletionTimestamp == nil
                && !(route.namespace == namespace && route.isManagedByTurnout
                    && route.labels[Mark.name] == ObjectNames.folded(endpoint))
        }
        return claim.rival(among: others)?.words(of: endpoint)
    }

    private func routes(beside parents: Value) async throws -> [KubernetesObject] {
        if let all = try await readable(nil) { return all }
        let places = Set((parents.list ?? []).compactMap { $0["namespace"]?.string } + [namespace])
        var found: [KubernetesObject] = []
        for place in places.sorted() { found += try await readable(place) ?? [] }
        return found
    }

    /// The routes of a namespace; `nil` if they must not be listed.
    private func readable(_ place: String?) async throws -> [KubernetesObject]? {
        do {
            return try await client.list(.httpRoutes, in: place).objects
        } catch let error as KubernetesError where error.code == .forbidden {
            logger.debug("no permission to list routes", metadata: ["namespace": "\(place ?? "*")"])
            return nil
        }
    }
}
