#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif
internal import GRDB
internal import GRDBSQLite
internal import Support

/// Opens a file of state; for writing, the caller holds the lock.
struct StateOpening {
    var path: String
    var schema: StateSchema
    var durability: Durability

    func openForWriting() throws(StateError) -> DatabaseQueue {
        do {
            let found = try FileHeader(path: path)
            if let found, (found.applicationID, found.userVersion) != (schema.applicationID, schema.version) {
                // What counts may still be in the WAL; a connection that only reads never checkpoints it.
                do {
                    let queue = try connect(readOnly: true)
                    _ = try queue.read(accept)
                    try queue.close()
                } catch let error as DatabaseError where error.resultCode == .SQLITE_READONLY {
                    // Whoever was to make it died in the middle: only a connection that writes can undo that.
                }
            }
            let queue = try connect(readOnly: false)
            // It holds request bodies and variables of deployments. The WAL gets the mode of the file. A file system that
            // has no modes refuses.
            if found == nil, chmod(path, 0o600) != 0, errno != EPERM, errno != ENOTSUP {
                throw StateError(errno: errno, path: path, doing: "setting the mode")
            }
            try queue.writeWithoutTransaction { db in
                _ = try accept(db)
                try prepare(db)
                try migrate(db)
            }
            if found == nil { try Folder.synchronize(path.parentFolder) }
            return queue
        } catch {
            throw explain(error)
        }
    }

    func openForReading() throws(StateError) -> DatabaseQueue {
        do {
            guard try FileHeader(path: path) != nil else {
                throw Self.nothingYet(path, schema)
            }
            let queue = try connectForReading()
            try queue.writeWithoutTransaction { db in
                try db.execute(sql: "PRAGMA cache_size = -2000; PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY")
                let version = try accept(db)
                guard version > 0 else { throw Self.nothingYet(path, schema) }
                guard version >= schema.oldestReadable else {
                    throw StateError(
                        .older(found: version, known: schema.version), path: path,
                        "\(path): the \(schema.name) has the older version \(version); a command that writes, such as "
                            + "`turnout resume`, brings it to version \(schema.version) after a backup")
                }
            }
            return queue
        } catch let error as DatabaseError where error.extendedResultCode == .SQLITE_READONLY_ROLLBACK {
            throw Self.nothingYet(path, schema)
        } catch {
            throw explain(error)
        }
    }

    /// Also of a file whose first tables were never written.
    private static func nothingYet(_ path: String, _ schema: StateSchema) -> StateError {
        StateError(
            .cannotOpen, path: path,
            "\(path): there is no \(schema.name) yet; `turnout run` makes it, or set TURNOUT_STATE to its folder")
    }

    private func connect(readOnly: Bool, path: String? = nil) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.readonly = readOnly
        configuration.foreignKeysEnabled = true
        configuration.busyMode = .timeout(10)
        configuration.label = "turnout.\(schema.name)"
        return try DatabaseQueue(path: path ?? self.path, configuration: configuration)
    }

    /// Opens the file to look only, also in a folder that can't be written.
    ///
    /// There SQLite can't keep the index of a WAL. Without a WAL that is no loss: nobody writes there, so the file is
    /// read as one that does not change.
    private func connectForReading() throws -> DatabaseQueue {
        do {
            return try connect(readOnly: true)
        } catch let error as DatabaseError where [.SQLITE_CANTOPEN, .SQLITE_READONLY].contains(error.resultCode) {
            var status = stat()
            guard stat(path + "-wal", &status) != 0 || status.st_size == 0 else {
                throw StateError(
                    .readOnly, path: path,
                    "\(path): its latest commits are in \(path)-wal, which can be read only where the folder can be "
                        + "written; copy both files to such a folder and set TURNOUT_STATE to it")
            }
            return try connect(readOnly: true, path: FileHeader.unchanging(path))
        }
    }

    /// Sets what must be set by every connection that writes, and reads back what promises hang on.
    private func prepare(_ db: Database) throws {
        let isNew = try Int.fetchOne(db, sql: "PRAGMA page_count") == 0
        if isNew { try db.execute(sql: "PRAGMA auto_vacuum = NONE") }
        guard try String.fetchOne(db, sql: "PRAGMA journal_mode = WAL") == "wal" else {
            throw StateError(
                .cannotOpen, path: path,
                "\(path): the file system does not allow SQLite's WAL mode; set TURNOUT_STATE to a local disk")
        }
        // A checkpoint at every 4000 pages (16 MB) instead of 1000, a WAL that is written over instead of anew: a commit
        // costs one fdatasync. Debian's SQLite overwrites what is deleted, which is wasted on a journal that keeps all.
        try db.execute(
            sql: """
                PRAGMA synchronous = \(durability.rawValue);
                PRAGMA wal_autocheckpoint = 4000;
                PRAGMA journal_size_limit = 67108864;
                PRAGMA cache_size = -2000;
                PRAGMA mmap_size = 0;
                PRAGMA temp_store = MEMORY;
                PRAGMA secure_delete = OFF;
                PRAGMA trusted_schema = OFF
                """)
        var persist: CInt = 1
        let result = sqlite3_file_control(db.sqliteConnection, "main", SQLITE_FCNTL_PERSIST_WAL, &persist)
        guard result == SQLITE_OK else { throw DatabaseError(resultCode: ResultCode(rawValue: result)) }
        try readBack(db, "synchronous", durability.rawValue)
        try readBack(db, "foreign_keys", 1)
    }

    private func readBack(_ db: Database, _ pragma: String, _ wanted: Int) throws {
        let found = try Int.fetchOne(db, sql: "PRAGMA \(pragma)")
        guard found == wanted else {
            throw StateError(
                .unexpected, path: path,
                "\(path): SQLite did not accept \(pragma) = \(wanted), so writes might not last; it was not used")
        }
    }

    /// Throws unless the file is this program's, of a version that it knows, or empty.
    /// - Returns: Its version.
    private func accept(_ db: Database) throws -> Int {
        let version = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        let application = try Int32.fetchOne(db, sql: "PRAGMA application_id") ?? 0
        if application == 0, version == 0, try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_master") == 0 {
            return 0
        }
        guard application == schema.applicationID else {
            throw StateError(
                .foreign(applicationID: application), path: path,
                "\(path): this SQLite file is not Turnout's \(schema.name) (its application_id is \(application)), so it "
                    + "was left as it is; move it away, or set TURNOUT_STATE elsewhere")
        }
        guard version >= 0 else {
            throw StateError(
                .corrupt, path: path,
                "\(path): its version is \(version), which no Turnout writes; it was left as it is")
        }
        guard version <= schema.version else {
            throw StateError(
                .newer(found: version, known: schema.version), path: path,
                "\(path): a newer Turnout wrote this \(schema.name) (version \(version), this one knows "
                    + "\(schema.version)), so it was left as it is; install the newer Turnout")
        }
        return version
    }

    private func migrate(_ db: Database) throws {
        let version = try accept(db)
        guard version < schema.version else { return }
        if version > 0 { try backUp(db, version: version) }
        try db.inTransaction(.immediate) {
            for migration in schema.migrations[version...] { try migration(db) }
            try db.checkForeignKeys()
            try db.execute(
                sql: "PRAGMA application_id = \(schema.applicationID); PRAGMA user_version = \(schema.version)")
            return .commit
        }
        // So that the header alone tells an older Turnout whose version this is.
        try db.execute(sql: "PRAGMA wal_checkpoint(PASSIVE)")
    }

    /// Copies the file as it is to `PATH.backup-vN`; under a passing name until it is whole and durable.
    private func backUp(_ db: Database, version: Int) throws {
        let backup = "\(path).backup-v\(version)"
        let partial = backup + ".partial"
        guard unlink(partial) == 0 || errno == ENOENT else {
            throw StateError(errno: errno, path: partial, doing: "removing an unfinished backup")
        }
        try db.execute(sql: "VACUUM INTO ?", arguments: [partial])
        let descriptor = open(partial, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw StateError(errno: errno, path: partial, doing: "opening the backup") }
        defer { close(descriptor) }
        var original = stat()
        guard stat(path, &original) == 0,
            fchmod(descriptor, original.st_mode & 0o777) == 0 || errno == EPERM || errno == ENOTSUP,
            fsync(descriptor) == 0
        else { throw StateError(errno: errno, path: partial, doing: "writing the backup") }
        guard rename(partial, backup) == 0 else {
            throw StateError(errno: errno, path: backup, doing: "naming the backup")
        }
        try Folder.synchronize(path.parentFolder)
    }

    /// SQLite does not tell why it cannot open a file; the system does.
    private func explain(_ error: any Error) -> StateError {
        guard let error = error as? DatabaseError, error.resultCode == .SQLITE_CANTOPEN else {
            return StateError(error, path: path)
        }
        guard access(path, R_OK) != 0 else { return StateError(error, path: path) }
        return StateError(errno: errno, path: path, doing: "opening")
    }
}

extension Database {
    /// The system's error number of the last failed operation.
    var systemErrorNumber: Int32 { sqliteConnection.map { sqlite3_system_errno($0) } ?? 0 }
}
