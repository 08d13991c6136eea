#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif
internal import GRDB
internal import GRDBSQLite

/// What `turnout doctor` reports about a state file, as read from SQLite.
package struct StateFacts: Hashable, Sendable {
    package var version: String
    /// Whether the SQLite version is before 3.51.3 (https://www.sqlite.org/wal.html, "The WAL-Reset Bug").
    package var hasCheckpointRace: Bool
    package var journalMode: String
    /// The value of `PRAGMA synchronous`; 2 means FULL.
    package var synchronous: Int
    package var applicationID: Int
    package var userVersion: Int
    package var walBytes: Int
}

extension StateDatabase {
    package func facts() throws(StateError) -> StateFacts {
        try inspect { db in
            func number(_ pragma: String) throws -> Int { try Int.fetchOne(db, sql: "PRAGMA \(pragma)") ?? 0 }
            var status = stat()
            return StateFacts(
                version: String(cString: sqlite3_libversion()),
                hasCheckpointRace: sqlite3_libversion_number() < 3_051_003,
                journalMode: try String.fetchOne(db, sql: "PRAGMA journal_mode") ?? "",
                synchronous: try number("synchronous"), applicationID: try number("application_id"),
                userVersion: try number("user_version"),
                walBytes: stat(path + "-wal", &status) == 0 ? Int(status.st_size) : 0)
        }
    }

    /// Returns the findings of `PRAGMA integrity_check` and `PRAGMA foreign_key_check`, each a sentence; empty if the
    /// file is intact.
    package func integrityProblems() throws(StateError) -> [String] {
        try inspect { db in
            var problems: [String] = []
            try db.forEachRow("PRAGMA integrity_check(20)") { problems.append($0.text(0)) }
            if problems == ["ok"] { problems = [] }
            try db.forEachRow("PRAGMA foreign_key_check") { row in
                problems.append("a row of \(row.text(0)) refers to a missing row of \(row.text(2))")
            }
            return problems
        }
    }
}
