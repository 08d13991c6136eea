package import FoundationEssentials
package import GRDB
internal import GRDBSQLite

/// The columns of the row that a statement stands on, by position.
///
/// Read as SQLite's C interface does: a column whose type was changed by hand becomes another value, never a crash as
/// GRDB's decoding would have it. Valid until the next row.
package struct Cells {
    private let statement: SQLiteStatement

    fileprivate init(_ statement: SQLiteStatement) { self.statement = statement }

    package func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(statement, column) }

    package func isNull(_ column: Int32) -> Bool { sqlite3_column_type(statement, column) == SQLITE_NULL }

    package func optionalInteger(_ column: Int32) -> Int64? { isNull(column) ? nil : integer(column) }

    /// Bytes that are no UTF-8 become U+FFFD; null becomes the empty text.
    package func text(_ column: Int32) -> String {
        guard let characters = sqlite3_column_text(statement, column) else { return "" }
        let count = Int(sqlite3_column_bytes(statement, column))
        return String(decoding: UnsafeBufferPointer(start: characters, count: count), as: UTF8.self)
    }

    package func optionalText(_ column: Int32) -> String? { isNull(column) ? nil : text(column) }

    /// The bytes of a blob or of a text; null becomes none.
    package func bytes(_ column: Int32) -> Data {
        guard let start = sqlite3_column_blob(statement, column) else { return Data() }
        return Data(bytes: start, count: Int(sqlite3_column_bytes(statement, column)))
    }
}

extension Database {
    /// Calls `body` for every row of the query; its statement is kept for the next time.
    package func forEachRow(
        _ sql: String, _ arguments: StatementArguments = StatementArguments(), _ body: (Cells) throws -> Void
    ) throws {
        let statement = try cachedStatement(sql: sql)
        let rows = try Row.fetchCursor(statement, arguments: arguments)
        while try rows.next() != nil { try body(Cells(statement.sqliteStatement)) }
    }

    /// What `body` makes of the query's first row; nil where there is none.
    package func firstRow<Value>(
        _ sql: String, _ arguments: StatementArguments = StatementArguments(), _ body: (Cells) throws -> Value
    ) throws -> Value? {
        let statement = try cachedStatement(sql: sql)
        let rows = try Row.fetchCursor(statement, arguments: arguments)
        guard try rows.next() != nil else { return nil }
        return try body(Cells(statement.sqliteStatement))
    }

    /// Runs a statement that is kept for the next time.
    /// - Returns: The number of rows that it changed.
    @discardableResult
    package func run(_ sql: String, _ arguments: StatementArguments = StatementArguments()) throws -> Int {
        try cachedStatement(sql: sql).execute(arguments: arguments)
        return changesCount
    }
}
