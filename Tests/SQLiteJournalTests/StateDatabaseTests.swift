import FoundationEssentials
import GRDB
import SQLiteState
import Testing

@Suite struct StateDatabaseTests {
    private static func schema(version: Int) -> StateSchema {
        let steps: [@Sendable (Database) throws -> Void] = [
            { try $0.execute(sql: "CREATE TABLE notes (text TEXT NOT NULL) STRICT") },
            { try $0.execute(sql: "ALTER TABLE notes ADD COLUMN author TEXT") },
            { db in
                try db.execute(sql: "CREATE TABLE half (x)")
                try db.execute(sql: "INSERT INTO nowhere VALUES (1)")
            },
        ]
        return StateSchema(name: "notes", applicationID: 42, migrations: Array(steps[..<version]))
    }

    private func open(_ fixture: Fixture, version: Int, readOnly: Bool = false) throws -> StateDatabase {
        try StateDatabase(
            path: fixture.path, lockName: "notes.lock", schema: Self.schema(version: version), readOnly: readOnly)
    }

    private func texts(_ database: StateDatabase) throws -> [String] {
        try database.read { try String.fetchAll($0, sql: "SELECT text FROM notes") }
    }

    @Test("P15 an older file is migrated after a backup of what it was")
    func migration() throws {
        try Fixture.with { fixture in
            let old = try open(fixture, version: 1)
            try old.write { try $0.run("INSERT INTO notes VALUES ('kept')") }
            try old.close()
            let error = #expect(throws: StateError.self) { try open(fixture, version: 2, readOnly: true) }
            #expect(error?.code == .older(found: 1, known: 2))

            let new = try open(fixture, version: 2)
            #expect(try new.facts().userVersion == 2)
            #expect(try texts(new) == ["kept"])
            let backup = try StateDatabase(
                path: fixture.path + ".backup-v1", lockName: "x.lock", schema: Self.schema(version: 1), readOnly: true)
            #expect(try texts(backup) == ["kept"])
            #expect(try backup.facts().userVersion == 1)
        }
    }

    @Test("P15 a migration that fails leaves the file as it was")
    func failedMigration() throws {
        try Fixture.with { fixture in
            let old = try open(fixture, version: 1)
            try old.write { try $0.run("INSERT INTO notes VALUES ('kept')") }
            try old.close()
            #expect(throws: StateError.self) { try open(fixture, version: 3) }
            let again = try open(fixture, version: 1)
            #expect(try again.facts().userVersion == 1)
            #expect(try texts(again) == ["kept"])
            #expect(try again.read { try $0.tableExists("half") } == false)
        }
    }

    @Test("an error of the body keeps nothing and is thrown as it is")
    func rollback() throws {
        struct Mine: Error, Equatable {}
        try Fixture.with { fixture in
            let database = try open(fixture, version: 1)
            #expect(throws: Mine()) {
                try database.write(failure: { _ in Mine() }) { db in
                    try db.run("INSERT INTO notes VALUES ('lost')")
                    throw Mine()
                }
            }
            #expect(try texts(database) == [])
        }
    }

    @Test("P14 a file that was deleted or replaced while it is open is not written any more", arguments: [false, true])
    func replaced(_ byAnother: Bool) throws {
        try Fixture.with { fixture in
            let database = try open(fixture, version: 1)
            try database.write { try $0.run("INSERT INTO notes VALUES ('kept')") }
            try FileManager.default.moveItem(atPath: fixture.path, toPath: fixture.path + ".gone")
            if byAnother { try Data().write(to: URL(filePath: fixture.path)) }
            let error = #expect(throws: StateError.self) {
                try database.write { try $0.run("INSERT INTO notes VALUES ('lost')") }
            }
            #expect(error?.code == .inputOutput)
            #expect(try texts(database) == ["kept"])
        }
    }

    @Test("a second writer waits for the first, in one process and across values", arguments: [1, 4])
    func writers(values: Int) async throws {
        try await Fixture.with { fixture in
            let databases = try (0..<values).map { _ in try open(fixture, version: 1) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<4 {
                    let database = databases[writer % values]
                    group.addTask {
                        for _ in 0..<25 {
                            try database.write { db in
                                let count = try Int.fetchOne(db, sql: "SELECT count(*) FROM notes") ?? 0
                                try db.run("INSERT INTO notes VALUES (?)", ["\(count)"])
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try texts(databases[0]) == (0..<100).map { "\($0)" })
        }
    }

    @Test("P14 nothing is written, checkpointed or opened for writing while another has the lock")
    func busy() throws {
        try Fixture.with { fixture in
            let database = try StateDatabase(
                path: fixture.path, lockName: "notes.lock", schema: Self.schema(version: 1),
                patience: .milliseconds(1))
            try database.write { try $0.run("INSERT INTO notes VALUES ('kept')") }
            let other = try FileLock(path: fixture.folder + "/notes.lock")
            #expect(try other.tryAcquire())
            let wal = try fixture.bytes(fixture.path + "-wal")
            for call in [
                { _ = try database.write { try $0.run("INSERT INTO notes VALUES ('lost')") } },
                { try database.close() },
                {
                    _ = try StateDatabase(
                        path: fixture.path, lockName: "notes.lock", schema: Self.schema(version: 1),
                        patience: .milliseconds(1))
                },
            ] as [() throws -> Void] {
                let error = #expect(throws: StateError.self) { try call() }
                #expect(error?.code == .busy)
            }
            #expect(try fixture.bytes(fixture.path + "-wal") == wal)
            #expect(try texts(database) == ["kept"])
            other.release()
            try database.close()
        }
    }

    @Test("a closed database refuses, and closing twice is harmless")
    func closed() throws {
        try Fixture.with { fixture in
            let database = try open(fixture, version: 1)
            try database.close()
            try database.close()
            #expect(throws: StateError.self) { try texts(database) }
        }
    }

    @Test("the last one to close leaves an empty WAL, so that the next start reads none")
    func emptyWAL() throws {
        try Fixture.with { fixture in
            let database = try open(fixture, version: 1)
            try database.write { try $0.run("INSERT INTO notes VALUES ('a')") }
            #expect(try !fixture.bytes(fixture.path + "-wal").isEmpty)
            try database.close()
            #expect(try fixture.bytes(fixture.path + "-wal").isEmpty)
        }
    }

    @Test("P14 a checkpoint that a full disk cut short loses nothing", arguments: [false, true])
    func partialCheckpoint(readOnly: Bool) throws {
        try Fixture.with { fixture in
            let database = try open(fixture, version: 1)
            try database.write { try $0.run("INSERT INTO notes VALUES ('kept')") }
            try database.write { try $0.execute(sql: "CREATE TABLE more (x TEXT) STRICT") }
            // As a crash would leave it, and with a first page that already counts pages which only the WAL has.
            let copy = fixture.folder + "/copy.sqlite"
            try FileManager.default.copyItem(atPath: fixture.path + "-wal", toPath: copy + "-wal")
            var bytes = Array(try Data(contentsOf: URL(filePath: fixture.path)))
            bytes[28..<32] = [0, 0, 1, 0]
            try Data(bytes).write(to: URL(filePath: copy))
            let reopened = try StateDatabase(
                path: copy, lockName: "copy.lock", schema: Self.schema(version: 1), readOnly: readOnly)
            #expect(try texts(reopened) == ["kept"])
        }
    }

    @Test("a lock that another has is busy, is shared among those who look, and is free after them")
    func locks() throws {
        try Fixture.with { fixture in
            try Folder.create(fixture.folder)
            let path = fixture.folder + "/a.lock"
            #expect(try FileLock(existing: path) == nil)
            let first = try FileLock(path: path)
            let second = try FileLock(path: path)
            #expect(try first.tryAcquire())
            #expect(try !second.tryAcquire(.shared))
            let error = #expect(throws: StateError.self) { try second.acquire(within: .milliseconds(1)) }
            #expect(error?.code == .busy)
            first.release()
            #expect(try second.tryAcquire(.shared))
            #expect(try first.tryAcquire(.shared))
        }
    }
}
