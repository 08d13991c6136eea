internal import FoundationEssentials
internal import GRDB
package import RolloutEngine
internal import Rollouts
internal import SQLiteState

extension SQLiteJournal {
    package func nextRunID(of playbook: String) throws(JournalError) -> RunID {
        let last = try read { db in
            try db.firstRow("SELECT max(number) FROM runs WHERE playbook = ?", [playbook]) { Int($0.integer(0)) }
        }
        return RunID(playbook: playbook, number: (last ?? 0) + 1)
    }

    package func runs() throws(JournalError) -> [RunRecord] {
        try read { db in
            var records: [RunRecord] = []
            try db.forEachRow("SELECT id, record FROM runs ORDER BY rowid DESC") { row in
                records.append(try decode(RunRecord.self, from: row.bytes(1), of: "the record of run \(row.text(0))"))
            }
            return records
        }
    }

    package func record(of run: RunID) throws(JournalError) -> RunRecord {
        try read { db in try record(of: run, in: db) }
    }

    package func stages(of run: RunID) throws(JournalError) -> [StageRecord] {
        try read { db in
            let stages = try Self.stages(of: run, in: db)
            if stages.isEmpty { _ = try record(of: run, in: db) }
            return stages
        }
    }

    package func events(of run: RunID, after: Int) throws(JournalError) -> [JournaledEvent] {
        try read { db in
            guard try StoredChain(of: run, in: db) != nil else { throw unknown(run) }
            var events: [JournaledEvent] = []
            try db.forEachRow(
                """
                SELECT sequence, at, stage, kind, epoch, hash, payload
                FROM events WHERE run = ? AND sequence > ? ORDER BY sequence
                """, [run.description, after]
            ) { row in
                let sequence = Int(row.integer(0))
                events.append(
                    JournaledEvent(
                        sequence: sequence, at: Timestamp(milliseconds: row.integer(1)), stage: row.optionalText(2),
                        kind: row.text(3), epoch: Int(row.integer(4)),
                        event: try decode(RunEvent.self, from: row.bytes(6), of: "event \(sequence) of \(run)"),
                        hash: row.text(5)))
            }
            return events
        }
    }
}

extension SQLiteJournal {
    func record(of run: RunID, in db: Database) throws -> RunRecord {
        let bytes = try db.firstRow("SELECT record FROM runs WHERE id = ?", [run.description]) { $0.bytes(0) }
        guard let bytes else { throw unknown(run) }
        return try decode(RunRecord.self, from: bytes, of: "the record of run \(run)")
    }

    static func stages(of run: RunID, in db: Database) throws -> [StageRecord] {
        var stages: [StageRecord] = []
        try db.forEachRow(
            """
            SELECT position, name, action, status, attempts, started, ended, reason
            FROM stages WHERE run = ? ORDER BY position
            """, [run.description]
        ) { row in
            stages.append(try StageRecord(row, of: run, expecting: stages.count))
        }
        return stages
    }

    /// Throws ``JournalError/Code/tampered`` if the bytes cannot be decoded.
    func decode<Value: Decodable>(_ type: Value.Type, from bytes: Data, of what: @autoclosure () -> String) throws
        -> Value
    {
        do {
            return try JSONDecoder().decode(type, from: bytes)
        } catch {
            throw JournalError(
                .tampered, "\(path): \(what()) cannot be decoded (\(error)); run `turnout events --verify`")
        }
    }
}

extension StageRecord {
    /// Reads the columns position, name, action, status, attempts, started, ended and reason.
    init(_ row: RowDecoder, of run: RunID, expecting position: Int) throws {
        guard row.integer(0) == Int64(position), let action = StageAction.Kind(rawValue: row.text(2)),
            let status = StageStatus(rawValue: row.text(3)), (0...Int64(Int32.max)).contains(row.integer(4))
        else {
            throw JournalError(
                .tampered,
                "stage \(position) of run \(run) is missing or invalid (\(row.text(1)), \(row.text(2)), "
                    + "\(row.text(3))); run `turnout events \(run) --verify`")
        }
        self.init(
            name: row.text(1), action: action, status: status, attempts: Int(row.integer(4)),
            started: row.optionalInteger(5).map { Timestamp(milliseconds: $0) },
            ended: row.optionalInteger(6).map { Timestamp(milliseconds: $0) }, reason: row.optionalText(7))
    }
}
