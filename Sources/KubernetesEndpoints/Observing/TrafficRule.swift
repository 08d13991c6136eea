package import RolloutEngine
package import Rollouts

/// The rule of a route that splits an endpoint's live traffic, with the names that gateways use for its counters.
package struct TrafficRule: Hashable, Sendable {
    package var namespace: String
    /// The name of the HTTPRoute.
    package var route: String
    /// The index of the rule in the route.
    package var index: Int
    /// The backends in the order of the rule.
    package var backends: [Backend]

    package struct Backend: Hashable, Sendable {
        package var deployment: Name
        package var service: String
    }
}

extension KubernetesBackend {
    /// The rule that currently splits the endpoint's live traffic; `nil` if there is none.
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
