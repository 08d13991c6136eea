package import RolloutEngine
package import Rollouts
internal import Synchronization

/// Simulated endpoints in memory, for rehearsals and tests.
package final class MemoryStore: SimulatedStore, Sendable {
    private let world = Mutex(World())

    private struct World {
        var time: Timestamp?
        var endpoints: [SimulationKey: Records] = [:]
    }

    private struct Records: SimulatedRecords {
        var simulation: EndpointSimulation?
        var entries: [HistoryEntry] = []
        /// The index into ``entries`` by idempotency key.
        var accepted: [String: Int] = [:]
        var lines: [Name: [LogLine]] = [:]
        var checkpoints: [Int: Totals] = [:]

        func accepted(_ idempotencyKey: String) -> HistoryEntry? {
            accepted[idempotencyKey].map { entries[$0] }
        }

        func totals(at cursor: Int) -> Totals? { checkpoints[cursor] }

        mutating func keep(_ changed: EndpointSimulation) {
            var changed = changed
            let outbox = changed.outbox
            changed.outbox = EndpointSimulation.Outbox()
            simulation = changed
            for entry in outbox.entries {
                if entry.outcome == .accepted, let key = entry.context?.idempotencyKey { accepted[key] = entries.count }
                entries.append(entry)
            }
            for line in outbox.lines { keep(line) }
            if let totals = outbox.checkpoint {
                checkpoints[changed.cursor] = totals
                checkpoints[changed.cursor - checkpointLimit] = nil
            }
        }

        private mutating func keep(_ line: EndpointSimulation.Outbox.Line) {
            switch line {
            case .gone(let deployment): lines[deployment] = nil
            case .said(let deployment, let line):
                lines[deployment, default: []].append(line)
                // Up to twice as many lines are kept, so that old ones rarely need to be removed.
                guard let count = lines[deployment]?.count, count > 2 * EndpointSimulation.logLimit else { return }
                lines[deployment]?.removeFirst(count - EndpointSimulation.logLimit)
            }
        }
    }

    package init() {}

    package func time() -> Timestamp? { world.withLock { $0.time } }

    package func keep(_ time: Timestamp) {
        world.withLock { $0.time = max($0.time ?? time, time) }
    }

    package func simulation(of key: SimulationKey) -> EndpointSimulation? {
        world.withLock { $0.endpoints[key]?.simulation }
    }

    package func update<Result>(
        _ key: SimulationKey, new: () -> EndpointSimulation,
        _ body: (inout EndpointSimulation, any SimulatedRecords) throws(BackendError) -> Result
    ) throws(BackendError) -> Result {
        try world.withLock { world throws(BackendError) in
            // The records are taken out of the dictionary, so that changing them does not copy them.
            var isKept = world.endpoints[key] != nil
            var records = world.endpoints.removeValue(forKey: key) ?? Records()
            defer { if isKept { world.endpoints[key] = records } }
            var simulation = records.simulation ?? new()
            let result = try body(&simulation, records)
            guard simulation != records.simulation || !simulation.outbox.isEmpty else { return result }
            records.keep(simulation)
            isKept = true
            world.time = max(world.time ?? simulation.now, simulation.now)
            return result
        }
    }

    package func names(_ kind: EndpointKind) -> [Name] {
        world.withLock { world in
            world.endpoints.filter { $0.key.kind == kind && $0.value.simulation?.endpoint != nil }.keys.map(\.name)
                .sorted()
        }
    }

    package func history(of key: SimulationKey) -> [HistoryEntry] {
        world.withLock { $0.endpoints[key]?.entries ?? [] }
    }

    package func lines(of key: SimulationKey, deployment: Name, tail: Int) -> [LogLine] {
        world.withLock { world in
            (world.endpoints[key]?.lines[deployment] ?? []).suffix(min(max(tail, 0), EndpointSimulation.logLimit))
        }
    }
}
