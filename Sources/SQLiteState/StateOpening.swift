#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif
internal import GRDB
internal import GRDBSQLite
internal import Support

/// Opens a state file; to open it for writing, the caller must hold the lock.
struct StateOpening {
    var path: String
    var schema: StateSchema
    var durability: Durability

    func openForWriting() throws(StateError) -> DatabaseQueue {
        do {
            let found = try FileHeader(path: path)
            if let found, (found.applicationID, found.userVersion) != (schema.applicationID, schema.version) {
                // The application ID and version may still be in the WAL; a read-only connection never checkpoints it.
                do {
                    let queue = try connect(readOnly: true)
                    _ = try queue.read(accept)
                    try queue.close()
                } catch let error as DatabaseError where error.resultCode == .SQLITE_READONLY {
                    // The process that created the index died: only a connection that writes can recover.
                }
            }
            let queue = try connect(readOnly: false)
            // The file holds request bodies and environment variables of deployments. The WAL inherits the file's mode.
            // File systems without modes refuse chmod.
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
                throw Self.notCreatedYet(path, schema)
            }
            let queue = try connectForReading()
            try queue.writeWithoutTransaction { db in
                try db.execute(sql: "PRAGMA cache_size = -2000; PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY")
                let version = try accept(db)
                guard version > 0 else { throw Self.notCreatedYet(path, schema) }
                guard version >= schema.oldestReadable else {
                    throw StateError(
                        .older(found: version, known: schema.version), path: path,
                        "\(path): the \(schema.name) has the older version \(version); a command that writes, such as "
                            + "`turnout resume`, backs it up and migrates it to version \(schema.version)")
                }
            }
            return queue
        } catch let error as DatabaseError where error.extendedResultCode == .SQLITE_READONLY_ROLLBACK {
            throw Self.notCreatedYet(path, schema)
        } catch {
            throw explain(error)
        }
    }

    /// Creates the error for a file that is missing or whose first tables were never written.
    private static func notCreatedYet(_ path: String, _ schema: StateSchema) -> StateError {
        StateError(
            .cannotOpen, path: path,
            "\(path): there is no \(schema.name) yet; `turnout run` creates it, or set TURNOUT_STATE to its folder")
    }

    private func connect(readOnly: Bool, path: String? = nil) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.readonly = readOnly
        configuration.foreignKeysEnabled = true
        configuration.busyMode = .timeout(10)
        configuration.label = "turnout.\(schema.name)"
        return try DatabaseQueue(path: path ?? self.path, configuration: configuration)
    }

    /// Opens the file for reading only, even in a folder that is not writable.
    ///
    /// In such a folder, SQLite cannot maintain the index of a WAL. If there is no WAL, no process writes there, so the
    /// file can be read as immutable.
    private func connectForReading() throws -> DatabaseQueue {
        do {
            return try connect(readOnly: true)
        } catch let error as DatabaseError where [.SQLITE_CANTOPEN, .SQLITE_READONLY].contains(error.resultCode) {
            var status = stat()
            guard stat(path + "-wal", &status) != 0 || status.st_size == 0 else {
                throw StateError(
                    .readOnly, path: path,
                    "\(path): its latest commits are in \(path)-wal, which can only be read in a writable "
                        + "folder; copy both files to one and set TURNOUT_STATE to it")
            }
            return try connect(readOnly: true, path: FileHeader.immutableURI(path))
        }
    }

    /// Applies the settings of connections that write, and reads back those that promises depend on.
    private func prepare(_ db: Database) throws {
        let isNew = try Int.fetchOne(db, sql: "PRAGMA page_count") == 0
        if isNew { try db.execute(sql: "PRAGMA auto_vacuum = NONE") }
        guard try String.fetchOne(db, sql: "PRAGMA journal_mode = WAL") == "wal" else {
            throw StateError(
                .cannotOpen, path: path,
                "\(path): the file system does not allow SQLite's WAL mode; set TURNOUT_STATE to a local disk")
        }
        // A checkpoint every 4000 pages (16 MB) instead of 1000, and a WAL that is overwritten instead of recreated, so
        // that a commit costs one fdatasync. Debian's SQLite overwrites deleted content, which is wasted on a journal
        // that keeps everything.
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
                "\(path): SQLite did not accept \(pragma) = \(wanted), so commits might not last; it was not used")
        }
    }

    /// Throws unless the file is empty or belongs to this program in a supported version.
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
                    + "was left unchanged; move it away, or set TURNOUT_STATE to another folder")
        }
        guard version >= 0 else {
            throw StateError(
                .corrupt, path: path,
                "\(path): its version, \(version), is invalid; it was left unchanged")
        }
        guard version <= schema.version else {
            throw StateError(
                .newer(found: version, known: schema.version), path: path,
                "\(path): a newer Turnout wrote this \(schema.name) (version \(version), this one supports up to "
                    + "\(schema.version)), so it was left unchanged; install the newer Turnout")
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
        // Writes the version into the header, so that an older Turnout recognizes it from the header alone.
        try db.execute(sql: "PRAGMA wal_checkpoint(PASSIVE)")
    }

    /// Copies the file unchanged to `PATH.backup-vN`; the copy has a temporary name until it is complete and durable.
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

    /// Finds out from the system why a file cannot be opened, which SQLite does not report.
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
