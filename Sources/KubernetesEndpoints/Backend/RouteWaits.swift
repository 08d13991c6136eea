internal import Rollouts
internal import Synchronization

/// Tracks how long routes have not been accepted by their gateways, and the known reasons.
final class RouteWaits: Sendable {
    private struct Wait {
        var generation: Int
        var since: Timestamp
        /// The time of the last look at the Gateway.
        var looked: Timestamp?
        var problem: String?
    }

    private let waits = Mutex<[String: Wait]>([:])

    /// Routes that are accepted within this time need no look at their Gateway.
    private static let patience = Interval.seconds(2)
    private static let pause = Interval.seconds(5)

    /// How long the route has waited in its present generation, and the reason according to its Gateway.
    func state(
        of route: KubernetesObject, _ acceptance: RouteReading.Acceptance, at now: Timestamp,
        by client: KubernetesClient
    ) async throws -> (age: Interval, problem: String?) {
        let key = route.uid ?? route.name
        guard acceptance != .accepted else {
            waits.withLock { $0[key] = nil }
            return (.zero, nil)
        }
        let wait = waits.withLock { waits in
            if waits[key]?.generation != route.generation ?? 0 {
                waits[key] = Wait(generation: route.generation ?? 0, since: now)
            }
            return waits[key] ?? Wait(generation: 0, since: now)
        }
        let age = now - wait.since
        guard age >= Self.patience, wait.looked.map({ now - $0 >= Self.pause }) ?? true else {
            return (age, wait.problem)
        }
        let problem = try await self.problem(of: route, by: client)
        waits.withLock { waits in
            waits[key]?.looked = now
            waits[key]?.problem = problem
        }
        return (age, problem)
    }

    private func problem(of route: KubernetesObject, by client: KubernetesClient) async throws -> String? {
        let place = route.namespace ?? ""
        for parent in route["spec", "parentRefs"]?.list ?? [] {
            let look = try await client.look(
                at: parent["name"]?.string ?? "", in: parent["namespace"]?.string ?? place,
                section: parent["sectionName"]?.string, forRoutesOf: place)
            if let problem = look?.problem { return problem }
        }
        return nil
    }
}
