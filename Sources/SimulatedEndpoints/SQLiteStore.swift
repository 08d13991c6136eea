internal import FoundationEssentials
internal import GRDB
package import RolloutEngine
package import Rollouts
internal import SQLiteState
internal import Synchronization

/// Simulated endpoints in a SQLite file, `simulated.sqlite` of the state folder, that outlive the process.
///
/// The file stands for a cluster: a commit survives the end of the process.
package final class SQLiteStore: SimulatedStore, Sendable {
    private let database: StateDatabase
    /// The machine's time.
    private let wall: @Sendable () -> Timestamp
    /// Simulations as they were read last: decoding costs more than asking whether they are still so.
    private let cache = Mutex<[SimulationKey: Cached]>([:])
    private let knownEndpoints = KnownValues<EndpointSnapshot>()

    private struct Cached {
        var version: Int
        var simulation: EndpointSimulation
    }

    /// Opens `simulated.sqlite` in the folder at `folder`, and makes it if there is none.
    ///
    /// With `readOnly` nothing is made or locked, and every change throws.
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

    /// Where the file is found in a state folder.
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
            guard let row = try Row.fetchOne(db, sql: "SELECT time, wall FROM world") else { return nil }
            // The world goes on while no process looks at it, as a cloud does: an approval's time runs out.
            let gone = wall() - Timestamp(milliseconds: row["wall"])
            return Timestamp(milliseconds: row["time"]) + max(gone, .zero)
        }
    }

    package func keep(_ time: Timestamp) throws(BackendError) {
        try write { db in try db.keep(time, wall: wall()) }
    }

    package func simulation(of key: SimulationKey) throws(BackendError) -> EndpointSimulation? {
        try read { db in try self.load(key, from: db)?.simulation }
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
            try db.keep(&simulation, version: version, wall: wall(), knowing: self.knownEndpoints)
            kept = Cached(version: version, simulation: simulation)
            return result
        }
        // Not before the transaction is committed.
        if let kept { cache.withLock { $0[key] = kept } }
        return result
    }

    package func names(_ kind: EndpointKind) throws(BackendError) -> [Name] {
        try read { db in
            let sql = "SELECT name FROM simulation WHERE kind = ? AND present ORDER BY name"
            return try String.fetchAll(db, sql: sql, arguments: [kind.rawValue]).map { Name($0) }
        }
    }

    package func history(of key: SimulationKey) throws(BackendError) -> [HistoryEntry] {
        try read { db in
            let sql = "SELECT entry FROM history WHERE kind = ? AND name = ? ORDER BY number"
            return try String.fetchAll(db, sql: sql, arguments: [key.kind.rawValue, key.name.text.lowercased()])
                .map { try decoded(HistoryEntry.self, $0) }
        }
    }

    package func lines(of key: SimulationKey, deployment: Name, tail: Int) throws(BackendError) -> [LogLine] {
        try read { db in
            let sql = """
                SELECT at, instance, text FROM line WHERE kind = ? AND name = ? AND deployment = ?
                ORDER BY number DESC LIMIT ?
                """
            let limit = min(max(tail, 0), EndpointSimulation.logLimit)
            let arguments: StatementArguments = [
                key.kind.rawValue, key.name.text.lowercased(), deployment.text.lowercased(), limit,
            ]
            return try Row.fetchAll(db, sql: sql, arguments: arguments).reversed().map { row in
                LogLine(at: Timestamp(milliseconds: row["at"]), instance: row["instance"], text: row["text"])
            }
        }
    }

    private func load(_ key: SimulationKey, from db: Database) throws -> Cached? {
        let arguments: StatementArguments = [key.kind.rawValue, key.name.text.lowercased()]
        let sql = "SELECT version FROM simulation WHERE kind = ? AND name = ?"
        guard let version = try db.firstRow(sql, arguments, { Int($0.integer(0)) }) else { return nil }
        if let cached = cache.withLock({ $0[key] }), cached.version == version { return cached }
        let state = "SELECT state FROM simulation WHERE kind = ? AND name = ?"
        guard let text = try String.fetchOne(db, sql: state, arguments: arguments) else { return nil }
        var simulation = try decoded(EndpointSimulation.self, text)
        if let totals = try SQLiteRecords(key: key, db: db).totals(at: simulation.cursor) {
            simulation.fillTotals(with: totals)
        }
        let loaded = Cached(version: version, simulation: simulation)
        cache.withLock { $0[key] = loaded }
        return loaded
    }

    private func read<Result>(_ body: (Database) throws -> Result) throws(BackendError) -> Result {
        try database.read(failure: { BackendError(.storage, $0.message) }, body)
    }

    private func write<Result>(_ body: (Database) throws -> Result) throws(BackendError) -> Result {
        try database.write(failure: { BackendError(.storage, $0.message) }, body)
    }
}

/// What a transaction of the file can look up.
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
            let arguments: StatementArguments = [key.kind.rawValue, key.name.text.lowercased(), what]
            return try String.fetchOne(db, sql: sql, arguments: arguments).map { try decoded(type, $0) }
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
        _ simulation: inout EndpointSimulation, version: Int, wall: Timestamp, knowing known: any KnownJSON
    ) throws {
        let outbox = simulation.outbox
        simulation.outbox = EndpointSimulation.Outbox()
        let (kind, name) = (simulation.key.kind.rawValue, simulation.key.name.text.lowercased())
        let state = try encoded(simulation.withoutKeptTotals, knowing: known)
        try run(
            """
            INSERT INTO simulation (kind, name, version, present, state) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (kind, name) DO UPDATE
            SET version = excluded.version, present = excluded.present, state = excluded.state
            """, [kind, name, version, simulation.endpoint != nil, state])
        for entry in outbox.entries {
            try execute(
                sql: "INSERT INTO history (kind, name, number, accepted_key, entry) VALUES (?, ?, ?, ?, ?)",
                arguments: [
                    kind, name, entry.number, entry.outcome == .accepted ? entry.context.idempotencyKey : nil,
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
            try execute(
                sql: "DELETE FROM line WHERE kind = ? AND name = ? AND deployment = ?",
                arguments: [kind, name, deployment.text.lowercased()])
        case .said(let deployment, let line):
            let deployment = deployment.text.lowercased()
            let next = """
                SELECT ifnull(max(number), 0) + 1 FROM line WHERE kind = ? AND name = ? AND deployment = ?
                """
            let number = try Int.fetchOne(self, sql: next, arguments: [kind, name, deployment]) ?? 1
            try execute(
                sql: """
                    INSERT INTO line (kind, name, deployment, number, at, instance, text) VALUES (?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [kind, name, deployment, number, line.at.milliseconds, line.instance, line.text])
            try execute(
                sql: "DELETE FROM line WHERE kind = ? AND name = ? AND deployment = ? AND number <= ?",
                arguments: [kind, name, deployment, number - EndpointSimulation.logLimit])
        }
    }
}

private func encoded(_ value: some Encodable, knowing known: (any KnownJSON)? = nil) throws -> String {
    String(decoding: try CompactJSON.encode(value, knowing: known), as: UTF8.self)
}

private func decoded<Decoded: Decodable>(_ type: Decoded.Type, _ text: String) throws -> Decoded {
    try JSONDecoder().decode(type, from: Data(text.utf8))
}
