internal import Rollouts
internal import Synchronization

/// Since when this process has seen routes that their gateways have not taken as they are, and what is known of why.
final class RouteWaits: Sendable {
    private struct Wait {
        var generation: Int
        var since: Timestamp
        /// When the Gateway was looked at last.
        var looked: Timestamp?
        var problem: String?
    }

    private let waits = Mutex<[String: Wait]>([:])

    /// A route that is taken at once is no matter of its Gateway's state.
    private static let patience = Interval.seconds(2)
    private static let pause = Interval.seconds(5)

    /// How long the route has waited at its generation, and what its Gateway says of that.
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
