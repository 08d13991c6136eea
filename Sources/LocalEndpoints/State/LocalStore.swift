internal import GRDB
internal import SQLiteState

/// The emulator's state in `local.sqlite`.
///
/// A commit survives the end of the process, which is all that a killed emulator needs; what it stands for, processes
/// on this machine, does not survive the machine's end either.
final class LocalStore: Sendable {
    private let database: StateDatabase

    init(_ folder: LocalFolder) throws(EmulatorError) {
        // It holds keys: for its owner alone before SQLite writes to it; -wal and -shm take its mode over.
        try StateFile.reserve(folder.database)
        do throws(StateError) {
            database = try StateDatabase(
                path: folder.database, lockName: "local.lock", schema: .local, durability: .normal)
        } catch {
            throw EmulatorError(.storage, error.message)
        }
    }

    func close() throws(EmulatorError) {
        do throws(StateError) {
            try database.close()
        } catch {
            throw EmulatorError(.storage, error.message)
        }
    }

    func read<Result>(_ body: (Database) throws -> Result) throws(EmulatorError) -> Result {
        try database.read(failure: { EmulatorError(.storage, $0.message) }, body)
    }

    @discardableResult
    func write<Result>(_ body: (Database) throws -> Result) throws(EmulatorError) -> Result {
        try database.write(failure: { EmulatorError(.storage, $0.message) }, body)
    }

    func setting(_ name: String) throws(EmulatorError) -> String? {
        try read { db in
            try db.firstRow("SELECT value FROM setting WHERE name = ?", [name]) { $0.text(0) }
        }
    }

    func set(_ name: String, to value: String) throws(EmulatorError) {
        try write { db in
            try db.run(
                "INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                [name, value])
        }
    }

    /// A secret that is drawn when it is first asked for.
    func secret(_ name: String) throws(EmulatorError) -> String {
        if let kept = try setting(name) { return kept }
        let drawn = Secrets.draw()
        try set(name, to: drawn)
        return drawn
    }
}
