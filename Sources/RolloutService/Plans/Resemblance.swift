internal import RolloutEngine
internal import Rollouts
internal import SimulatedEndpoints

extension MemoryStore {
    /// Returns a simulation with a copy of the real endpoint `observed`; an empty one if it is nil.
    static func resembling(
        _ observed: EndpointSnapshot?, _ settings: SimulationSettings
    ) async throws -> MemoryStore {
        let store = MemoryStore()
        guard let observed else { return store }
        let clock = VirtualClock(stored: Rehearsal.date, wall: Rehearsal.date)
        let backend = SimulatedBackend(store: store, clock: clock, settings: settings)
        var changes: [Change] = [.putEndpoint(observed.definition)]
        changes += observed.deployments.map { deployment in
            var definition = deployment.definition
            definition.instanceCount = max(deployment.instances.wanted, 1)
            return .putDeployment(definition)
        }
        if !observed.traffic.wanted.isEmpty { changes.append(.setTraffic(observed.traffic.wanted)) }
        if !observed.mirrorTraffic.wanted.isEmpty { changes.append(.setMirrorTraffic(observed.mirrorTraffic.wanted)) }
        for (index, change) in changes.enumerated() {
            let context = ChangeContext(
                run: RunID(playbook: "as-observed", number: 1), stage: "copy", attempt: 1,
                idempotencyKey: "copy/\(index)", epoch: 0)
            try backend.apply(change, to: observed.name, as: context)
            try await clock.sleep(until: clock.now() + settings.duration(of: change))
        }
        try backend.close()
        return store
    }
}
