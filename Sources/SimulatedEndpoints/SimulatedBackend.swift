package import RolloutEngine
package import Rollouts

/// A backend that simulates endpoints in process, on a virtual clock, deterministically from a seed.
///
/// It follows the rules of managed or Kubernetes endpoints, takes virtual time for changes, has the faults that the
/// playbook specifies, and records all changes.
package final class SimulatedBackend: Backend, Sendable {
    private let store: any SimulatedStore
    private let clock: any RunClock
    private let settings: SimulationSettings

    package init(store: any SimulatedStore, clock: any RunClock, settings: SimulationSettings) {
        self.store = store
        self.clock = clock
        self.settings = settings
    }

    package var capabilities: Capabilities {
        Capabilities(
            name: settings.kind == .managed ? "simulated" : settings.kind.rawValue, kind: settings.kind,
            mirrorLimit: settings.kind.mirrors ? MirrorTrafficRule.limit : nil, simulatesClients: true,
            reportsOutcomes: true)
    }

    package func observe(_ endpoint: Name) throws(BackendError) -> EndpointSnapshot? {
        guard let kept = try store.simulation(of: key(endpoint)) else { return nil }
        let time = max(clock.now(), kept.latest)
        // Nothing is due, so nothing is written.
        guard kept.isDue(at: time) else { return kept.snapshot(at: time) }
        return try update(endpoint) { simulation, time, _ in
            simulation.advance(to: time)
            return simulation.snapshot(at: time)
        }
    }

    package func apply(_ change: Change, to endpoint: Name, as context: ChangeContext) throws(BackendError) {
        let outcome = try update(endpoint) { simulation, time, records throws(BackendError) in
            simulation.apply(
                change, as: context, at: time, settings: settings,
                previous: try records.accepted(context.idempotencyKey))
        }
        switch outcome {
        case .accepted, .repeated: return
        case .refused(let words): throw BackendError(.refused, words)
        case .busy(let words): throw BackendError(.busy(retryAfter: .seconds(5)), words)
        case .fenced(let words): throw BackendError(.fenced, words)
        }
    }

    package func invoke(_ endpoint: Name, deployment: Name?, _ request: InferenceRequest) throws(BackendError)
        -> InferenceResponse
    {
        guard try observe(endpoint) != nil else {
            throw BackendError(.refused, "there is no endpoint \(endpoint)")
        }
        return try update(endpoint) { simulation, time, _ in
            simulation.invoke(request, deployment: deployment, at: time)
        }
    }

    package func outcomes(of endpoint: Name, since cursor: Int?) throws(BackendError) -> OutcomeReading {
        guard try store.simulation(of: key(endpoint)) != nil else { return OutcomeReading(cursor: cursor ?? 0) }
        return try update(endpoint) { simulation, time, records throws(BackendError) in
            var earlier = Totals()
            if let cursor, cursor != 0 {
                if let latest = simulation.latestTotals(at: cursor) {
                    earlier = latest
                } else if let kept = try records.totals(at: cursor) {
                    earlier = kept
                } else {
                    return simulation.lost(at: time)
                }
            }
            return simulation.reading(since: earlier, at: time)
        }
    }

    package func logs(of endpoint: Name, deployment: Name, tail: Int) throws(BackendError) -> [LogLine] {
        guard try observe(endpoint)?.deployment(deployment) != nil,
            let kept = try store.simulation(of: key(endpoint))
        else {
            throw BackendError(.refused, "endpoint \(endpoint) has no deployment \(deployment)")
        }
        let lines = try store.lines(of: key(endpoint), deployment: deployment, tail: tail)
        let all = lines + kept.flaps(of: deployment, at: max(clock.now(), kept.latest))
        return Array(all.sorted { $0.at < $1.at }.suffix(max(tail, 0)))
    }
}

extension SimulatedBackend {
    /// Makes simulated clients send `load` to `endpoint` from now on; `nil` stops them.
    ///
    /// Clients may exist before the endpoint does; their requests then reach no deployment and are not counted.
    package func setLoad(_ load: Load?, endpoint: Name) throws(BackendError) {
        try update(endpoint) { simulation, time, _ in
            simulation.setLoad(load, at: time, settings: settings)
        }
    }

    /// Returns the names of the existing endpoints, sorted.
    package func endpoints() throws(BackendError) -> [Name] { try store.names(settings.kind) }

    /// Returns all changes requested on `endpoint`, oldest first, even if it no longer exists.
    package func history(of endpoint: Name) throws(BackendError) -> [HistoryEntry] {
        try store.history(of: key(endpoint))
    }

    /// Stores the virtual time, so that the next process continues where this one ends.
    package func close() throws(BackendError) { try store.keep(clock.now()) }

    private func key(_ endpoint: Name) -> SimulationKey { SimulationKey(kind: settings.kind, name: endpoint) }

    private func update<Result>(
        _ endpoint: Name,
        _ body: (inout EndpointSimulation, Timestamp, any SimulatedRecords) throws(BackendError) -> Result
    ) throws(BackendError) -> Result {
        try store.update(key(endpoint)) {
            EndpointSimulation(key: key(endpoint), seed: settings.seed, at: clock.now())
        } _: { simulation, records throws(BackendError) in
            // A clock that is behind the simulation does not turn it back.
            let time = max(clock.now(), simulation.latest)
            return try body(&simulation, time, records)
        }
    }
}
