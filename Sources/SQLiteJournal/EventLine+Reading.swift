internal import FoundationEssentials
internal import GRDB
internal import RolloutEngine
internal import Rollouts
internal import SQLiteState

extension EventLine {
    /// Reads the line of a run with a sequence number, if there is one.
    static func read(of run: RunID, _ sequence: Int, in db: Database) throws -> EventLine? {
        var line: EventLine?
        try forEach(of: run, from: sequence, to: sequence, in: db) { line = $0 }
        return line
    }

    /// Calls `body` for the lines of a run, or for those of one kind, in order.
    static func forEach(
        of run: RunID, from first: Int = .min, to last: Int = .max, kind: String? = nil, in db: Database,
        _ body: (EventLine) throws -> Void
    ) throws {
        let columns = ["sequence", "at", "stage", "kind", "epoch", "previous_hash", "hash", "payload"]
        let list = columns.map { "typeof(\($0)), CAST(\($0) AS BLOB)" }.joined(separator: ", ")
        try db.forEachRow(
            """
            SELECT \(list) FROM events
            WHERE run = ?1 AND sequence BETWEEN ?2 AND ?3 AND (?4 IS NULL OR kind = ?4) ORDER BY sequence
            """, [run.description, first, last, kind]
        ) { try body(EventLine($0)) }
    }

    /// Creates a line from the type and the bytes of each column, exactly as they are in the file.
    ///
    /// If a column has a form that no journal writes, the line gets an empty hash, so that it counts as changed.
    private init(_ row: RowDecoder) {
        var isWellFormed = true
        func bytes(_ column: Int32, of type: String) -> Data {
            isWellFormed = isWellFormed && row.text(column * 2) == type
            return row.bytes(column * 2 + 1)
        }
        func integer(_ column: Int32) -> Int {
            let number = Int(String(decoding: bytes(column, of: "integer"), as: UTF8.self))
            isWellFormed = isWellFormed && number != nil
            return number ?? 0
        }
        func text(_ column: Int32) -> String {
            let bytes = bytes(column, of: "text")
            isWellFormed = isWellFormed && String(validating: bytes, as: UTF8.self) != nil
            return String(decoding: bytes, as: UTF8.self)
        }
        self.init(
            sequence: integer(0), at: Timestamp(milliseconds: Int64(integer(1))),
            stage: row.text(2 * 2) == "null" ? nil : text(2), kind: text(3), epoch: integer(4),
            previousHash: text(5), hash: text(6), payload: bytes(7, of: "text"))
        if !isWellFormed { hash = "" }
    }
}
