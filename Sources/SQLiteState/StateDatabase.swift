package import GRDB
internal import Support
internal import Synchronization

/// One SQLite file that keeps P4, P14 and P15.
///
/// Every write transaction and every checkpoint, of every process, holds one exclusive lock beside the file: SQLite
/// before 3.51.3 can lose commits when a checkpoint meets a writer. Commits are in WAL mode and cost one fdatasync.
package final class StateDatabase: Sendable {
    package let path: String
    package let isReadOnly: Bool
    /// Nil when the file is only read.
    private let lock: FileLock?
    /// The file that was opened, where it is written.
    private let identity: FileIdentity?
    private let queue: DatabaseQueue
    /// The lock excludes other values for its file; this excludes other threads that use the same one.
    private let turn = Mutex(())

    /// How long it waits for another process's write or checkpoint; both take milliseconds.
    private let patience: Duration

    /// Opens the file, creates it if there is none, or migrates it to `schema.version` after a backup.
    ///
    /// A file that is not SQLite, another program's, or of a later version is refused and left as it is.
    /// - Parameters:
    ///   - path: Of the file; its folder is created if need be.
    ///   - lockName: Name of the lock's file in the same folder.
    ///   - schema: Whose the file is, and its tables.
    ///   - durability: What a commit survives.
    ///   - patience: How long to wait for the lock, before ``StateError/Code/busy``.
    ///   - readOnly: True to look only: nothing is created, migrated or locked, and a running writer does not matter.
    /// - Throws: What is in the way, and what to do about it.
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
            // Closing without the lock could checkpoint beside a writer. Left open, the kernel closes it: what was
            // committed is in the WAL.
            _ = Unmanaged.passRetained(queue)
        }
    }

    /// Checkpoints if this is the last connection, and closes; every later use throws.
    package func close() throws(StateError) {
        do {
            try exclusively { try queue.close() }
        } catch {
            throw StateError(error, path: path)
        }
    }

    /// Reads one state of the file, whatever is being written meanwhile.
    package func read<Value>(_ body: (Database) throws -> Value) throws(StateError) -> Value {
        try read(failure: { $0 }, body)
    }

    /// Writes in one transaction: all of it is kept when this returns, nothing of it when it throws.
    @discardableResult
    package func write<Value>(_ body: (Database) throws -> Value) throws(StateError) -> Value {
        try write(failure: { $0 }, body)
    }

    /// As ``read(_:)``, for callers with an error of their own: `body` may throw it, and `failure` makes one of the rest.
    package func read<Value, Failure: Error>(
        failure: (StateError) -> Failure, _ body: (Database) throws -> Value
    ) throws(Failure) -> Value {
        try run(failure) { db in try Self.transaction("BEGIN DEFERRED", in: db, body) }
    }

    /// As ``write(_:)``, for callers with an error of their own: `body` may throw it, and `failure` makes one of the rest.
    @discardableResult
    package func write<Value, Failure: Error>(
        failure: (StateError) -> Failure, _ body: (Database) throws -> Value
    ) throws(Failure) -> Value {
        do {
            guard !isReadOnly else {
                throw StateError(.readOnly, path: path, "\(path): it was opened only to be read")
            }
            return try exclusively {
                guard FileIdentity(path: path) == identity else {
                    throw StateError(
                        .inputOutput, path: path,
                        "\(path) was deleted, moved or replaced while it was in use: nothing more is done; put it back, "
                            + "or start anew")
                }
                return try run(failure) { db in try Self.transaction("BEGIN IMMEDIATE", in: db, body) }
            }
        } catch let error as Failure {
            throw error
        } catch {
            throw failure(StateError(error, path: path))
        }
    }

    /// Runs statements that need no transaction: a single query, or one such as `PRAGMA integrity_check`; they must not
    /// write.
    package func inspect<Value>(_ body: (Database) throws -> Value) throws(StateError) -> Value {
        try inspect(failure: { $0 }, body)
    }

    /// As ``inspect(_:)``, for callers with an error of their own.
    package func inspect<Value, Failure: Error>(
        failure: (StateError) -> Failure, _ body: (Database) throws -> Value
    ) throws(Failure) -> Value {
        try run(failure, body)
    }

    /// Holds the lock of all processes while `body` runs.
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
            // SQLite has rolled back by itself after some errors; whatever becomes of this, the first one is reported.
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
