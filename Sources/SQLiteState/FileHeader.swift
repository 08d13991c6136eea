#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif
internal import GRDB
internal import GRDBSQLite
internal import Support

/// The application ID and version of an SQLite file, without the contents of its WAL.
///
/// SQLite reads it as an immutable file: it creates no files and opens no other descriptor. POSIX drops all locks of a
/// process on a file when the process closes any descriptor of it, so another connection of this process would lose its
/// locks (https://www.sqlite.org/howtocorrupt.html, 2.2).
struct FileHeader {
    /// The schema version, or -1 if it cannot be read without the WAL.
    var userVersion: Int
    var applicationID: Int32

    /// Returns `nil` if the file does not exist or is empty.
    init?(path: String) throws(StateError) {
        var status = stat()
        guard stat(path, &status) == 0 else {
            if errno == ENOENT { return nil }
            throw StateError(errno: errno, path: path, doing: "opening")
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw StateError(
                .cannotOpen, path: path,
                "\(path): not a regular file; move it away, or set TURNOUT_STATE to another folder")
        }
        guard access(path, R_OK) == 0 else { throw StateError(errno: errno, path: path, doing: "opening") }
        guard status.st_size > 0 else { return nil }

        var connection: SQLiteConnection?
        defer { sqlite3_close_v2(connection) }
        let flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_URI
        guard sqlite3_open_v2(Self.immutableURI(path), &connection, flags, nil) == SQLITE_OK else {
            throw Self.error(of: connection, path: path)
        }
        func number(_ pragma: String) throws(StateError) -> Int32? {
            var statement: SQLiteStatement?
            defer { sqlite3_finalize(statement) }
            guard sqlite3_prepare_v2(connection, "PRAGMA \(pragma)", -1, &statement, nil) == SQLITE_OK,
                sqlite3_step(statement) == SQLITE_ROW
            else {
                // A checkpoint was interrupted by a full disk, or another process is performing one: the first page
                // already counts pages that only the WAL has.
                if sqlite3_errcode(connection) == SQLITE_CORRUPT, Self.hasWAL(path) { return nil }
                throw Self.error(of: connection, path: path)
            }
            return sqlite3_column_int(statement, 0)
        }
        userVersion = Int(try number("user_version") ?? -1)
        applicationID = try number("application_id") ?? 0
    }

    private static func hasWAL(_ path: String) -> Bool {
        var status = stat()
        return stat(path + "-wal", &status) == 0 && status.st_size > 0
    }

    private static func error(of connection: SQLiteConnection?, path: String) -> StateError {
        let error = DatabaseError(
            resultCode: ResultCode(rawValue: sqlite3_extended_errcode(connection)),
            message: String(cString: sqlite3_errmsg(connection)))
        return StateError(error, path: path, errno: connection.map { sqlite3_system_errno($0) } ?? 0)
    }

    /// Returns the URI with which SQLite treats a file as immutable.
    static func immutableURI(_ path: String) -> String {
        "file:\(PercentEncoding.encoded(path, keeping: "/"))?immutable=1"
    }
}
