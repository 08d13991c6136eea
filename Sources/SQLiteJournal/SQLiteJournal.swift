internal import GRDB
package import RolloutEngine
internal import Rollouts
internal import SQLiteState
internal import Synchronization

/// The journal in an SQLite file, `turnout.sqlite`.
///
/// Every call that writes is one transaction under the folder's lock `turnout.lock`, and its changes are on disk when
/// it returns. Calls block for as long as the disk takes.
package final class SQLiteJournal: Journal {
    package let path: String
    let folder: String
    let machine: Machine
    let state: StateDatabase
    let known: [any JSONCache] = [EncodedValueCache<Observation>(), EncodedValueCache<DeploymentSnapshot>()]
    let recordedRequests = RecordedRequests()
    /// The locks of the leases that this value holds, by path; the kernel releases them when the process ends.
    let leaseLocks = Mutex<[String: FileLock]>([:])

    /// Opens the journal of a state folder, and creates whatever is missing.
    /// - Parameters:
    ///   - folder: The folder `state` of `TURNOUT_HOME`.
    ///   - readOnly: Whether to only read: nothing is created, and every write throws ``JournalError/Code/readOnly``.
    ///   - machine: The holder of the leases that are acquired.
    /// - Throws: The reason why the file cannot be used; a file that is not a journal, or a newer one, is left
    ///   unchanged.
    package init(folder: String, readOnly: Bool = false, machine: Machine = .current) throws(JournalError) {
        self.folder = folder
        self.path = folder + "/turnout.sqlite"
        self.machine = machine
        do {
            state = try StateDatabase(
                path: path, lockName: "turnout.lock", schema: .journal, durability: .full, readOnly: readOnly)
        } catch {
            throw JournalError(error)
        }
    }

    /// Closes the file, with a checkpoint if no other process has it open.
    ///
    /// Leases that were not released then count as held by a dead process.
    package func close() throws(JournalError) {
        leaseLocks.withLock { $0.removeAll() }
        do {
            try state.close()
        } catch {
            throw JournalError(error)
        }
    }

    func read<Value>(_ body: (Database) throws -> Value) throws(JournalError) -> Value {
        try state.read(failure: { JournalError($0) }, body)
    }

    /// Reads with a single query, which needs no transaction.
    func look<Value>(_ body: (Database) throws -> Value) throws(JournalError) -> Value {
        try state.inspect(failure: { JournalError($0) }, body)
    }

    func write<Value>(_ body: (Database) throws -> Value) throws(JournalError) -> Value {
        try state.write(failure: { JournalError($0) }, body)
    }

    func unknown(_ run: RunID) -> JournalError {
        .unknown(run, in: path)
    }
}
