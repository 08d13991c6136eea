internal import GRDB
internal import SQLiteState

/// The emulator's database, `local.sqlite`.
///
/// A commit survives the end of the process, which is enough for an emulator that is killed. It need not survive a
/// crash of the machine, which would end the emulator's servers as well.
final class LocalStore: Sendable {
    private let database: StateDatabase

    init(_ folder: LocalFolder) throws(EmulatorError) {
        // The file contains keys, so it is created with access only for its owner; -wal and -shm inherit its mode.
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

    /// Returns a secret, which is generated at first use.
    func secret(_ name: String) throws(EmulatorError) -> String {
        if let kept = try setting(name) { return kept }
        let drawn = Secrets.draw()
        try set(name, to: drawn)
        return drawn
    }
}
