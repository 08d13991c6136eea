package import RolloutEngine
package import Rollouts

/// The rule of a route that splits an endpoint's live traffic, by what gateways name its counters after.
package struct TrafficRule: Hashable, Sendable {
    package var namespace: String
    /// The HTTPRoute's name.
    package var route: String
    /// The rule's position in the route.
    package var index: Int
    /// In the rule's order.
    package var backends: [Backend]

    package struct Backend: Hashable, Sendable {
        package var deployment: Name
        package var service: String
    }
}

extension KubernetesBackend {
    /// The rule by which the endpoint's live traffic is split now; nil where there is none.
    package func trafficRule(of endpoint: Name) async throws(BackendError) -> TrafficRule? {
        try await asBackendErrors { () async throws -> TrafficRule? in
            guard let objects = try await self.view.objects(of: endpoint),
                let route = EndpointReading(
                    objects: objects, endpoint: endpoint, giveUp: self.settings.giveUp, now: self.clock.now()
                ).route, let index = route.weightedRule
            else { return nil }
            return TrafficRule(
                namespace: self.namespace, route: route.route.name, index: index,
                backends: route.weights.map { TrafficRule.Backend(deployment: $0.deployment, service: $0.service) })
        }
    }
}
