package import FoundationEssentials
package import GRDB
internal import GRDBSQLite

/// The columns of a statement's current row, by position; valid until the next row.
///
/// Values are converted as by SQLite's C interface: a column whose type was changed manually yields another value,
/// whereas GRDB's decoding would crash.
package struct RowDecoder {
    private let statement: SQLiteStatement

    fileprivate init(_ statement: SQLiteStatement) { self.statement = statement }

    package func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(statement, column) }

    package func isNull(_ column: Int32) -> Bool { sqlite3_column_type(statement, column) == SQLITE_NULL }

    package func optionalInteger(_ column: Int32) -> Int64? { isNull(column) ? nil : integer(column) }

    /// Returns the column as text; invalid UTF-8 becomes U+FFFD, and null becomes an empty string.
    package func text(_ column: Int32) -> String {
        guard let characters = sqlite3_column_text(statement, column) else { return "" }
        let count = Int(sqlite3_column_bytes(statement, column))
        return String(decoding: UnsafeBufferPointer(start: characters, count: count), as: UTF8.self)
    }

    package func optionalText(_ column: Int32) -> String? { isNull(column) ? nil : text(column) }

    /// Returns the bytes of a blob or a text; null becomes empty data.
    package func bytes(_ column: Int32) -> Data {
        guard let start = sqlite3_column_blob(statement, column) else { return Data() }
        return Data(bytes: start, count: Int(sqlite3_column_bytes(statement, column)))
    }
}

/// The values of a statement's parameters in order.
package typealias Arguments = [(any DatabaseValueConvertible)?]

/// Statements are cached and stepped directly, because GRDB's rows and observers cost more than the statements.
extension Database {
    /// Calls `body` for every row of the query.
    package func forEachRow(_ sql: String, _ arguments: Arguments = [], _ body: (RowDecoder) throws -> Void) throws {
        try withStatement(sql, arguments) { statement in
            while try step(statement) { try body(RowDecoder(statement)) }
        }
    }

    /// Returns the result of `body` for the query's first row, or `nil` if there is none.
    package func firstRow<Value>(
        _ sql: String, _ arguments: Arguments = [], _ body: (RowDecoder) throws -> Value
    ) throws -> Value? {
        try withStatement(sql, arguments) { statement in
            try step(statement) ? try body(RowDecoder(statement)) : nil
        }
    }

    /// Runs a statement.
    /// - Returns: The number of rows that it changed.
    @discardableResult
    package func run(_ sql: String, _ arguments: Arguments = []) throws -> Int {
        try withStatement(sql, arguments) { statement in
            while try step(statement) {}
            return changesCount
        }
    }

    private func withStatement<Value>(
        _ sql: String, _ arguments: Arguments, _ body: (SQLiteStatement) throws -> Value
    ) throws -> Value {
        let statement = try cachedStatement(sql: sql).sqliteStatement
        defer {
            sqlite3_reset(statement)
            sqlite3_clear_bindings(statement)
        }
        for (index, argument) in arguments.enumerated() {
            try check(bind(argument?.databaseValue ?? .null, at: Int32(index + 1), of: statement))
        }
        return try body(statement)
    }

    private func bind(_ value: DatabaseValue, at index: Int32, of statement: SQLiteStatement) -> Int32 {
        // SQLITE_TRANSIENT, which Swift does not import, makes SQLite copy the value.
        let copying = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
        switch value.storage {
        case .null: return sqlite3_bind_null(statement, index)
        case .int64(let number): return sqlite3_bind_int64(statement, index, number)
        case .double(let number): return sqlite3_bind_double(statement, index, number)
        case .string(var text):
            return text.withUTF8 { characters in
                characters.withMemoryRebound(to: CChar.self) {
                    sqlite3_bind_text(statement, index, $0.baseAddress, Int32($0.count), copying)
                }
            }
        case .blob(let data):
            return data.withUnsafeBytes {
                $0.isEmpty
                    ? sqlite3_bind_zeroblob(statement, index, 0)
                    : sqlite3_bind_blob(statement, index, $0.baseAddress, Int32($0.count), copying)
            }
        }
    }

    /// Steps the statement; returns whether it is on a row.
    private func step(_ statement: SQLiteStatement) throws -> Bool {
        switch sqlite3_step(statement) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        case let code:
            try check(code)
            return false
        }
    }

    private func check(_ code: Int32) throws {
        guard code != SQLITE_OK else { return }
        throw DatabaseError(
            resultCode: ResultCode(rawValue: code),
            message: sqlite3_errmsg(sqliteConnection).map { String(cString: $0) })
    }
}
