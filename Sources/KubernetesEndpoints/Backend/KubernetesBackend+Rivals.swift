internal import Logging
package import RolloutEngine
package import Rollouts

extension KubernetesBackend {
    /// Another route on the endpoint's gateway that claims the same hostname and path, and what to do about it; nil
    /// where none is known.
    package func rival(of definition: EndpointDefinition) async throws(BackendError) -> String? {
        try await asBackendErrors { () async throws -> String? in
            guard self.settings.route == nil, let gateway = self.settings.gateway(of: definition) else { return nil }
            return try await self.rival(
                of: definition.name, parents: RouteManifest.parents(gateway, namespace: self.namespace),
                hostnames: gateway.hostnames)
        }
    }

    /// As far as routes of other namespaces may be listed; else among those of the endpoint's and the gateway's.
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
                && !(route.namespace == namespace && route.isTurnouts
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

    /// Nil where they may not be listed.
    private func readable(_ place: String?) async throws -> [KubernetesObject]? {
        do {
            return try await client.list(.httpRoutes, in: place).objects
        } catch let error as KubernetesError where error.code == .forbidden {
            logger.debug("routes may not be listed", metadata: ["namespace": "\(place ?? "*")"])
            return nil
        }
    }
}
