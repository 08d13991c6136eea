internal import FoundationEssentials
package import RolloutEngine
package import Rollouts
internal import Synchronization

/// A read-only view of the present simulated endpoints; changes to it are not stored.
package struct SimulatedView: Sendable {
    package let backend: SimulatedBackend
    package let clock: VirtualClock
    private let store: any SimulatedStore
    private let settings: SimulationSettings

    /// Views the state folder's endpoints, or an empty world if there are none yet.
    package init(_ settings: SimulationSettings, in state: String) throws(BackendError) {
        let store: any SimulatedStore
        if FileManager.default.fileExists(atPath: SQLiteStore.path(in: state)) {
            store = OverlayStore(behind: try SQLiteStore(folder: state, readOnly: true))
        } else {
            store = MemoryStore()
        }
        self.store = store
        self.settings = settings
        clock = VirtualClock(stored: try store.time())
        backend = SimulatedBackend(store: store, clock: clock, settings: settings)
    }

    /// Copies the present endpoint into a separate world, which is empty if the endpoint does not exist.
    package func copy(of endpoint: Name) throws(BackendError) -> MemoryStore {
        let copy = MemoryStore()
        let key = SimulationKey(kind: settings.kind, name: endpoint)
        _ = try backend.observe(endpoint)
        guard let simulation = try store.simulation(of: key) else { return copy }
        try copy.update(key) {
            simulation.forked
        } _: { _, _ in
        }
        return copy
    }
}

/// A store whose changes are only visible to itself.
///
/// A simulation is advanced to the present before it is viewed; the advanced state is kept in memory and not written to
/// the file.
final class OverlayStore: SimulatedStore, Sendable {
    private let store: any SimulatedStore
    private let advanced = Mutex<[SimulationKey: EndpointSimulation]>([:])

    init(behind store: any SimulatedStore) { self.store = store }

    func time() throws(BackendError) -> Timestamp? { try store.time() }
    func keep(_ time: Timestamp) {}

    func simulation(of key: SimulationKey) throws(BackendError) -> EndpointSimulation? {
        if let kept = advanced.withLock({ $0[key] }) { return kept }
        return try store.simulation(of: key)
    }

    func update<Result>(
        _ key: SimulationKey, new: () -> EndpointSimulation,
        _ body: (inout EndpointSimulation, any SimulatedRecords) throws(BackendError) -> Result
    ) throws(BackendError) -> Result {
        var simulation = try simulation(of: key) ?? new()
        let result = try body(&simulation, NoRecords())
        advanced.withLock { $0[key] = simulation }
        return result
    }

    func names(_ kind: EndpointKind) throws(BackendError) -> [Name] { try store.names(kind) }
    func history(of key: SimulationKey) throws(BackendError) -> [HistoryEntry] { try store.history(of: key) }

    /// Returns the stored lines, and those logged since.
    func lines(of key: SimulationKey, deployment: Name, tail: Int) throws(BackendError) -> [LogLine] {
        let kept = try store.lines(of: key, deployment: deployment, tail: tail)
        let said = advanced.withLock { $0[key]?.outbox.lines ?? [] }
        let all = said.reduce(into: kept) { lines, line in
            switch line {
            case .said(let name, let line) where name == deployment: lines.append(line)
            case .gone(let name) where name == deployment: lines = []
            case .said, .gone: break
            }
        }
        return all.suffix(max(tail, 0))
    }
}

/// No stored records: a view reads everything from the beginning, and its changes have no predecessors.
private struct NoRecords: SimulatedRecords {
    func accepted(_ idempotencyKey: String) -> HistoryEntry? { nil }
    func totals(at cursor: Int) -> Totals? { nil }
}
