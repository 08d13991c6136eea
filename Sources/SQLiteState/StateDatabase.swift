package import GRDB
internal import Support
internal import Synchronization

/// An SQLite file that keeps promises P4, P14 and P15.
///
/// Every write transaction and checkpoint of every process holds one exclusive lock file: SQLite before 3.51.3 can lose
/// commits when a checkpoint coincides with a write. Commits use WAL mode and cost one fdatasync.
package final class StateDatabase: Sendable {
    package let path: String
    package let isReadOnly: Bool
    /// `nil` if the database is read-only.
    private let lock: FileLock?
    /// The file that was opened, or `nil` if the database is read-only.
    private let identity: FileIdentity?
    private let queue: DatabaseQueue
    /// The lock excludes other values for the file; this mutex excludes other threads that use the same value.
    private let turn = Mutex(())

    /// How long to wait for another process's write or checkpoint, both of which take milliseconds.
    private let patience: Duration

    /// Opens the file; creates it if it does not exist, or migrates it to `schema.version` after a backup.
    ///
    /// A file that is not SQLite, belongs to another program or has a later version is refused and left unchanged.
    /// - Parameters:
    ///   - path: The path of the file; its folder is created if necessary.
    ///   - lockName: The name of the lock file in the same folder.
    ///   - schema: The application ID and the tables of the file.
    ///   - durability: What a commit survives.
    ///   - patience: How long to wait for the lock before ``StateError/Code/busy`` is thrown.
    ///   - readOnly: Whether to only read: nothing is created, migrated or locked, and a concurrent writer does not
    ///     interfere.
    /// - Throws: An error that says what is wrong and what to do about it.
    package init(
        path: String, lockName: String, schema: StateSchema, durability: Durability = .full,
        patience: Duration = .seconds(10), readOnly: Bool = false
    ) throws(StateError) {
        self.path = path
        self.isReadOnly = readOnly
        self.patience = patience
        let opening = StateOpening(path: path, schema: schema, durability: durability)
        if readOnly {
            lock = nil
            identity = nil
            queue = try opening.openForReading()
        } else {
            try Folder.create(path.parentFolder)
            let lock = try FileLock(path: path.parentFolder + "/" + lockName)
            try lock.acquire(within: patience)
            defer { lock.release() }
            self.lock = lock
            queue = try opening.openForWriting()
            identity = FileIdentity(path: path)
        }
    }

    deinit {
        do {
            try close()
        } catch {
            // Closing without the lock could checkpoint during a write. If the queue is leaked, the kernel closes the
            // file, and all commits are in the WAL.
            _ = Unmanaged.passRetained(queue)
        }
    }

    /// Closes the database, with a checkpoint if this is the last connection; every later use throws.
    package func close() throws(StateError) {
        do {
            try exclusively { try queue.close() }
        } catch {
            throw StateError(error, path: path)
        }
    }

    /// Reads a consistent state of the file, regardless of concurrent writes.
    package func read<Value>(_ body: (Database) throws -> Value) throws(StateError) -> Value {
        try read(failure: { $0 }, body)
    }

    /// Writes in one transaction, which is either committed completely or, if `body` throws, not at all.
    @discardableResult
    package func write<Value>(_ body: (Database) throws -> Value) throws(StateError) -> Value {
        try write(failure: { $0 }, body)
    }

    /// Reads as ``read(_:)`` does; `body` may throw `Failure`, and `failure` converts all other errors to it.
    package func read<Value, Failure: Error>(
        failure: (StateError) -> Failure, _ body: (Database) throws -> Value
    ) throws(Failure) -> Value {
        try run(failure) { db in try Self.transaction("BEGIN DEFERRED", in: db, body) }
    }

    /// Writes as ``write(_:)`` does; `body` may throw `Failure`, and `failure` converts all other errors to it.
    @discardableResult
    package func write<Value, Failure: Error>(
        failure: (StateError) -> Failure, _ body: (Database) throws -> Value
    ) throws(Failure) -> Value {
        do {
            guard !isReadOnly else {
                throw StateError(.readOnly, path: path, "\(path) is opened read-only")
            }
            return try exclusively {
                guard FileIdentity(path: path) == identity else {
                    throw StateError(
                        .inputOutput, path: path,
                        "\(path) was deleted, moved or replaced while it was in use: work has stopped; put it back, "
                            + "or start again with a new file")
                }
                return try run(failure) { db in try Self.transaction("BEGIN IMMEDIATE", in: db, body) }
            }
        } catch let error as Failure {
            throw error
        } catch {
            throw failure(StateError(error, path: path))
        }
    }

    /// Runs statements without a transaction, such as a single query or `PRAGMA integrity_check`; they must not write.
    package func inspect<Value>(_ body: (Database) throws -> Value) throws(StateError) -> Value {
        try inspect(failure: { $0 }, body)
    }

    /// Inspects as ``inspect(_:)`` does; `body` may throw `Failure`, and `failure` converts all other errors to it.
    package func inspect<Value, Failure: Error>(
        failure: (StateError) -> Failure, _ body: (Database) throws -> Value
    ) throws(Failure) -> Value {
        try run(failure, body)
    }

    /// Holds the lock that excludes all other processes while `body` runs.
    private func exclusively<Value>(_ body: () throws -> Value) throws -> Value {
        try turn.withLock { _ in
            try lock?.acquire(within: patience)
            defer { lock?.release() }
            return try body()
        }
    }

    private static func transaction<Value>(
        _ begin: String, in db: Database, _ body: (Database) throws -> Value
    ) throws -> Value {
        try db.run(begin)
        do {
            let value = try body(db)
            try db.run("COMMIT")
            return value
        } catch let failure {
            // SQLite rolls back automatically after some errors; in any case, the first error is reported.
            if db.isInsideTransaction { do { try db.run("ROLLBACK") } catch {} }
            throw failure
        }
    }

    private func run<Value, Failure: Error>(
        _ failure: (StateError) -> Failure, _ body: (Database) throws -> Value
    ) throws(Failure) -> Value {
        do {
            return try queue.writeWithoutTransaction { db in
                do {
                    return try body(db)
                } catch let error as DatabaseError {
                    throw StateError(error, path: path, errno: db.systemErrorNumber)
                }
            }
        } catch let error as Failure {
            throw error
        } catch {
            throw failure(StateError(error, path: path))
        }
    }
}
