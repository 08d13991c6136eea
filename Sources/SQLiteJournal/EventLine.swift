internal import FoundationEssentials
internal import GRDB
internal import RolloutEngine
internal import SQLiteState

/// One row of the events table as its bytes stand in the file, whatever somebody made of them.
struct EventLine {
    /// A column with the type that SQLite keeps it as.
    struct Column {
        var type: String
        var bytes: Data

        var text: Data? { type == "text" ? bytes : nil }
        var integer: Int64? { type == "integer" ? Int64(String(decoding: bytes, as: UTF8.self)) : nil }
    }

    var sequence: Column
    var at: Column
    var stage: Column
    var kind: Column
    var epoch: Column
    var previousHash: Column
    var hash: Column
    var payload: Column

    /// The first `limit` rows of a run from sequence number `first` on, in their order.
    static func read(of run: RunID, from first: Int64, limit: Int64, in db: Database) throws -> [EventLine] {
        var lines: [EventLine] = []
        let (last, overflow) = first.addingReportingOverflow(limit - 1)
        try forEach(of: run, from: first, to: overflow ? .max : last, in: db) { lines.append($0) }
        return lines
    }

    /// The rows of a run, or those of one kind, in their order.
    static func forEach(
        of run: RunID, from first: Int64 = .min, to last: Int64 = .max, kind: String? = nil, in db: Database,
        _ body: (EventLine) throws -> Void
    ) throws {
        let columns = ["sequence", "at", "stage", "kind", "epoch", "previous_hash", "hash", "payload"]
        let list = columns.map { "typeof(\($0)), CAST(\($0) AS BLOB)" }.joined(separator: ", ")
        try db.forEachRow(
            """
            SELECT \(list) FROM events
            WHERE run = ?1 AND sequence BETWEEN ?2 AND ?3 AND (?4 IS NULL OR kind = ?4) ORDER BY sequence
            """, [run.description, first, last, kind]
        ) { row in
            func column(_ index: Int32) -> Column {
                Column(type: row.text(index * 2), bytes: row.bytes(index * 2 + 1))
            }
            try body(
                EventLine(
                    sequence: column(0), at: column(1), stage: column(2), kind: column(3), epoch: column(4),
                    previousHash: column(5), hash: column(6), payload: column(7)))
        }
    }

    /// True when the line's hash is that of its columns.
    func isIntact(run: RunID) -> Bool {
        guard let sequence = sequence.integer, let at = at.integer, let epoch = epoch.integer, let kind = kind.text,
            let previous = previousHash.text, let payload = payload.text, let hash = hash.text,
            stage.type == "null" || stage.type == "text"
        else { return false }
        var line = LineHash()
        line.add(previous)
        line.add(run.description)
        line.add(sequence)
        line.add(at)
        line.add(stage.text)
        line.add(kind)
        line.add(epoch)
        line.add(payload)
        return Data(line.finish().utf8) == hash
    }
}
