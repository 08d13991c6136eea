import RolloutEngine
import Rollouts
import SimulatedEndpoints
import Synchronization

/// A store in memory that refuses to be written when it is told to, after the change was worked out.
final class FaultyStore: SimulatedStore {
    let fails = Mutex(false)
    private let store = MemoryStore()

    func update<Result>(
        _ key: SimulationKey, new: () -> EndpointSimulation,
        _ body: (inout EndpointSimulation, any SimulatedRecords) throws(BackendError) -> Result
    ) throws(BackendError) -> Result {
        try store.update(key, new: new) { simulation, records throws(BackendError) in
            let result = try body(&simulation, records)
            guard !fails.withLock({ $0 }) else { throw BackendError(.storage, "no space") }
            return result
        }
    }

    func time() -> Timestamp? { store.time() }
    func keep(_ time: Timestamp) { store.keep(time) }
    func simulation(of key: SimulationKey) -> EndpointSimulation? { store.simulation(of: key) }
    func names(_ kind: EndpointKind) -> [Name] { store.names(kind) }
    func history(of key: SimulationKey) -> [HistoryEntry] { store.history(of: key) }
    func lines(of key: SimulationKey, deployment: Name, tail: Int) -> [LogLine] {
        store.lines(of: key, deployment: deployment, tail: tail)
    }
}
