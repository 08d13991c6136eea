internal import FoundationEssentials
internal import GRDB
package import RolloutEngine
package import Rollouts
internal import SQLiteState
internal import Synchronization

/// Simulated endpoints in an SQLite file, `simulated.sqlite` in the state folder.
///
/// The file represents a cluster, so commits survive the end of the process.
package final class SQLiteStore: SimulatedStore, Sendable {
    private let database: StateDatabase
    /// Returns the machine's time.
    private let wall: @Sendable () -> Timestamp
    /// The most recently loaded simulations: checking whether they are current is cheaper than decoding them.
    private let cache = Mutex<[SimulationKey: Cached]>([:])
    private let known: [any JSONCache] = [
        EncodedValueCache<EndpointSnapshot>(), EncodedValueCache<DeploymentSnapshot>(),
    ]

    private struct Cached {
        var version: Int
        var simulation: EndpointSimulation
    }

    /// Opens `simulated.sqlite` in `folder`, and creates it if it does not exist.
    ///
    /// If `readOnly` is set, nothing is created or locked, and every change throws.
    package init(
        folder: String, readOnly: Bool = false, wall: @escaping @Sendable () -> Timestamp = { SystemClock().now() }
    ) throws(BackendError) {
        self.wall = wall
        do throws(StateError) {
            database = try StateDatabase(
                path: Self.path(in: folder), lockName: "simulated.lock", schema: .simulated, durability: .normal,
                readOnly: readOnly)
        } catch {
            throw BackendError(.storage, error.message)
        }
    }

    /// Returns the path of the file in a state folder.
    package static func path(in folder: String) -> String { folder + "/simulated.sqlite" }

    package func close() throws(BackendError) {
        do throws(StateError) {
            try database.close()
        } catch {
            throw BackendError(.storage, error.message)
        }
    }

    package func time() throws(BackendError) -> Timestamp? {
        try read { db in
            try db.firstRow("SELECT time, wall FROM world") { row in
                // As in a cloud, time passes while no process is running: an approval can time out.
                let gone = wall() - Timestamp(milliseconds: row.integer(1))
                return Timestamp(milliseconds: row.integer(0)) + max(gone, .zero)
            }
        }
    }

    package func keep(_ time: Timestamp) throws(BackendError) {
        try write { db in try db.keep(time, wall: wall()) }
    }

    package func simulation(of key: SimulationKey) throws(BackendError) -> EndpointSimulation? {
        let version = try look { db in try self.version(of: key, in: db) }
        if let cached = cached(key, version: version) { return cached.simulation }
        return try read { db in try self.load(key, from: db)?.simulation }
    }

    package func update<Result>(
        _ key: SimulationKey, new: () -> EndpointSimulation,
        _ body: (inout EndpointSimulation, any SimulatedRecords) throws(BackendError) -> Result
    ) throws(BackendError) -> Result {
        var kept: Cached?
        let result = try write { db in
            let found = try self.load(key, from: db)
            var simulation = found?.simulation ?? new()
            let result = try body(&simulation, SQLiteRecords(key: key, db: db))
            guard simulation != found?.simulation || !simulation.outbox.isEmpty else { return result }
            let version = (found?.version ?? 0) &+ 1
            try db.keep(&simulation, version: version, wall: wall(), knowing: self.known)
            kept = Cached(version: version, simulation: simulation)
            return result
        }
        // The cache is updated only after the transaction is committed.
        if let kept { cache.withLock { $0[key] = kept } }
        return result
    }

    package func names(_ kind: EndpointKind) throws(BackendError) -> [Name] {
        try read { db in
            var names: [Name] = []
            try db.forEachRow("SELECT name FROM simulation WHERE kind = ? AND present ORDER BY name", [kind.rawValue]) {
                names.append(Name($0.text(0)))
            }
            return names
        }
    }

    package func history(of key: SimulationKey) throws(BackendError) -> [HistoryEntry] {
        try read { db in
            var entries: [HistoryEntry] = []
            let sql = "SELECT entry FROM history WHERE kind = ? AND name = ? ORDER BY number"
            try db.forEachRow(sql, [key.kind.rawValue, key.name.text.lowercased()]) {
                entries.append(try decoded(HistoryEntry.self, $0.bytes(0)))
            }
            return entries
        }
    }

    package func lines(of key: SimulationKey, deployment: Name, tail: Int) throws(BackendError) -> [LogLine] {
        try read { db in
            let sql = """
                SELECT at, instance, text FROM line WHERE kind = ? AND name = ? AND deployment = ?
                ORDER BY number DESC LIMIT ?
                """
            let limit = min(max(tail, 0), EndpointSimulation.logLimit)
            var lines: [LogLine] = []
            try db.forEachRow(
                sql, [key.kind.rawValue, key.name.text.lowercased(), deployment.text.lowercased(), limit]
            ) { row in
                lines.append(
                    LogLine(
                        at: Timestamp(milliseconds: row.integer(0)), instance: row.optionalText(1), text: row.text(2)))
            }
            return lines.reversed()
        }
    }

    private func load(_ key: SimulationKey, from db: Database) throws -> Cached? {
        guard let version = try version(of: key, in: db) else { return nil }
        if let cached = cached(key, version: version) { return cached }
        let found = try db.firstRow(
            "SELECT state FROM simulation WHERE kind = ? AND name = ?", [key.kind.rawValue, key.name.text.lowercased()]
        ) { try decoded(EndpointSimulation.self, $0.bytes(0)) }
        guard var simulation = found else { return nil }
        if let totals = try SQLiteRecords(key: key, db: db).totals(at: simulation.cursor) {
            simulation.fillTotals(with: totals)
        }
        let loaded = Cached(version: version, simulation: simulation)
        cache.withLock { $0[key] = loaded }
        return loaded
    }

    private func version(of key: SimulationKey, in db: Database) throws -> Int? {
        try db.firstRow(
            "SELECT version FROM simulation WHERE kind = ? AND name = ?",
            [key.kind.rawValue, key.name.text.lowercased()]
        ) { Int($0.integer(0)) }
    }

    /// Returns the cached simulation if it has this version.
    private func cached(_ key: SimulationKey, version: Int?) -> Cached? {
        cache.withLock { $0[key] }.flatMap { $0.version == version ? $0 : nil }
    }

    private func look<Result>(_ body: (Database) throws -> Result) throws(BackendError) -> Result {
        try database.inspect(failure: { BackendError(.storage, $0.message) }, body)
    }

    private func read<Result>(_ body: (Database) throws -> Result) throws(BackendError) -> Result {
        try database.read(failure: { BackendError(.storage, $0.message) }, body)
    }

    private func write<Result>(_ body: (Database) throws -> Result) throws(BackendError) -> Result {
        try database.write(failure: { BackendError(.storage, $0.message) }, body)
    }
}

/// The lookups available in a transaction.
private struct SQLiteRecords: SimulatedRecords {
    let key: SimulationKey
    let db: Database

    func accepted(_ idempotencyKey: String) throws(BackendError) -> HistoryEntry? {
        try find(
            HistoryEntry.self, "SELECT entry FROM history WHERE kind = ? AND name = ? AND accepted_key = ?",
            idempotencyKey)
    }

    func totals(at cursor: Int) throws(BackendError) -> Totals? {
        try find(Totals.self, "SELECT totals FROM checkpoint WHERE kind = ? AND name = ? AND cursor = ?", cursor)
    }

    private func find<Found: Decodable>(_ type: Found.Type, _ sql: String, _ what: any DatabaseValueConvertible)
        throws(BackendError) -> Found?
    {
        do {
            return try db.firstRow(sql, [key.kind.rawValue, key.name.text.lowercased(), what]) {
                try decoded(type, $0.bytes(0))
            }
        } catch {
            throw BackendError(.storage, "the simulated endpoints could not be read: \(error)")
        }
    }
}

extension Database {
    fileprivate func keep(_ time: Timestamp, wall: Timestamp) throws {
        try run(
            """
            INSERT INTO world (id, time, wall) VALUES (1, ?, ?)
            ON CONFLICT (id) DO UPDATE SET time = max(time, excluded.time), wall = excluded.wall
            """, [time.milliseconds, wall.milliseconds])
    }

    /// Writes the simulation and empties its outbox.
    fileprivate func keep(
        _ simulation: inout EndpointSimulation, version: Int, wall: Timestamp, knowing known: any JSONCache
    ) throws {
        let outbox = simulation.outbox
        simulation.outbox = EndpointSimulation.Outbox()
        let (kind, name) = (simulation.key.kind.rawValue, simulation.key.name.text.lowercased())
        let state = try encoded(simulation.withoutStoredTotals, knowing: known)
        try run(
            """
            INSERT INTO simulation (kind, name, version, present, state) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (kind, name) DO UPDATE
            SET version = excluded.version, present = excluded.present, state = excluded.state
            """, [kind, name, version, simulation.endpoint != nil, state])
        for entry in outbox.entries {
            try run(
                "INSERT INTO history (kind, name, number, accepted_key, entry) VALUES (?, ?, ?, ?, ?)",
                [
                    kind, name, entry.number, entry.outcome == .accepted ? entry.context?.idempotencyKey : nil,
                    try encoded(entry),
                ])
        }
        for line in outbox.lines { try keep(line, kind: kind, name: name) }
        if let totals = outbox.checkpoint {
            try run(
                "INSERT INTO checkpoint (kind, name, cursor, totals) VALUES (?, ?, ?, ?)",
                [kind, name, simulation.cursor, try encoded(totals)])
            try run(
                "DELETE FROM checkpoint WHERE kind = ? AND name = ? AND cursor <= ?",
                [kind, name, simulation.cursor - checkpointLimit])
        }
        try keep(simulation.now, wall: wall)
    }

    private func keep(_ line: EndpointSimulation.Outbox.Line, kind: String, name: String) throws {
        switch line {
        case .gone(let deployment):
            try run(
                "DELETE FROM line WHERE kind = ? AND name = ? AND deployment = ?",
                [kind, name, deployment.text.lowercased()])
        case .said(let deployment, let line):
            let deployment = deployment.text.lowercased()
            let number =
                try firstRow(
                    "SELECT ifnull(max(number), 0) + 1 FROM line WHERE kind = ? AND name = ? AND deployment = ?",
                    [kind, name, deployment]
                ) { Int($0.integer(0)) } ?? 1
            try run(
                "INSERT INTO line (kind, name, deployment, number, at, instance, text) VALUES (?, ?, ?, ?, ?, ?, ?)",
                [kind, name, deployment, number, line.at.milliseconds, line.instance, line.text])
            try run(
                "DELETE FROM line WHERE kind = ? AND name = ? AND deployment = ? AND number <= ?",
                [kind, name, deployment, number - EndpointSimulation.logLimit])
        }
    }
}

private func encoded(_ value: some Encodable, knowing known: (any JSONCache)? = nil) throws -> String {
    String(decoding: try CompactJSON.encode(value, knowing: known), as: UTF8.self)
}

private func decoded<Decoded: Decodable>(_ type: Decoded.Type, _ json: Data) throws -> Decoded {
    try JSONDecoder().decode(type, from: json)
}
