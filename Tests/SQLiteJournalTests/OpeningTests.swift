import FoundationEssentials
import GRDB
import RolloutEngine
import RolloutTesting
import Rollouts
import SQLiteState
import Testing

@testable import SQLiteJournal

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

@Suite("Opening the journal") struct OpeningTests {
    private func startRun(in fixture: Fixture) throws {
        let journal = try fixture.journal()
        let lease = try journal.acquireLease(on: .sample, for: .first, takeOver: false)
        try journal.create(.sample(), under: lease)
        try journal.release(lease)
        try journal.close()
    }

    @Test("P4 synchronous is FULL when it is read back, and foreign keys are on")
    func settings() throws {
        try Fixture.with { fixture in
            let journal = try fixture.journal()
            let facts = try journal.state.facts()
            #expect(facts.synchronous == 2)
            #expect(facts.journalMode == "wal")
            #expect(facts.applicationID == 0x5475_726E)
            #expect(facts.userVersion == 4)
            #expect(throws: JournalError.self) {
                try journal.write { try $0.run("INSERT INTO run_files (run, path, digest) VALUES ('no-1', 'p', 'd')") }
            }
        }
    }

    @Test("what is new is for this user alone; a folder that exists keeps its mode")
    func modes() throws {
        try Fixture.with { fixture in
            let journal = try fixture.journal()
            for (path, mode) in [(fixture.path, 0o600), (fixture.path + "-wal", 0o600), (fixture.folder, 0o700)] {
                #expect(try #require(FileFacts(following: path)).permissions == UInt32(mode), "\(path)")
            }
            try journal.close()
            #expect(chmod(fixture.folder, 0o750) == 0)
            try fixture.journal().close()
            #expect(FileFacts(following: fixture.folder)?.permissions == 0o750)
        }
    }

    @Test("every table is STRICT")
    func strict() throws {
        try Fixture.with { fixture in
            let loose = try fixture.journal().read { db in
                var names: [String] = []
                try db.forEachRow(
                    "SELECT name FROM pragma_table_list WHERE type = 'table' AND NOT strict AND name NOT LIKE 'sqlite%'"
                ) { names.append($0.text(0)) }
                return names
            }
            #expect(loose == [])
        }
    }

    @Test("P15 a journal of version 2 is migrated with what it holds, and takes what version 3 brings")
    func versionTwo() throws {
        try Fixture.with { fixture in
            try Folder.create(fixture.folder)
            var schema = StateSchema.journal
            schema.migrations = Array(schema.migrations.prefix(2))
            let digest = String(repeating: "0", count: 64)
            let old = try StateDatabase(path: fixture.path, lockName: "turnout.lock", schema: schema)
            try old.write { db in
                try db.run("INSERT INTO definitions VALUES ('\(digest)', x'')")
                try db.run(
                    """
                    INSERT INTO runs (id, playbook, number, backend, endpoint, lease_key, status, position, starter, started,
                        plan_hash, header_digest, event_count, head_hash, record)
                    VALUES ('p-1', 'p', 1, 'local', 'e', 'local/e', 'held', 0, 'ann@vm', 0, '\(digest)', '\(digest)', 0,
                        '\(digest)', '{}')
                    """)
            }
            try old.close()
            let journal = try fixture.journal()
            #expect(try journal.state.facts().userVersion == 4)
            try journal.write { db in
                try db.run("UPDATE runs SET status = 'ended_early' WHERE id = 'p-1'")
                try db.run(
                    """
                    INSERT INTO requests (run, number, kind, plan_hash, person, host, at, member_of)
                    VALUES ('p-1', 1, 'approve', 'h', 'ben', 'vm', 0, 'leads')
                    """)
            }
            #expect(throws: JournalError.self) {
                try journal.write { try $0.run("UPDATE runs SET status = 'done' WHERE id = 'p-1'") }
            }
            try journal.close()
            // As another process reads it.
            let again = try fixture.journal()
            let found = try again.read { db in
                try db.firstRow("SELECT status FROM runs WHERE id = 'p-1'", []) { $0.text(0) }
            }
            #expect(found == "ended_early")
        }
    }

    @Test("P15 a journal of version 3 is read as it is, and migrated when it is written")
    func versionThree() throws {
        try Fixture.with { fixture in
            try Folder.create(fixture.folder)
            var schema = StateSchema.journal
            schema.migrations = Array(schema.migrations.prefix(3))
            let old = try StateDatabase(path: fixture.path, lockName: "turnout.lock", schema: schema)
            try old.close()
            let reader = try SQLiteJournal(folder: fixture.folder, readOnly: true)
            #expect(try reader.runs().isEmpty && reader.state.facts().userVersion == 3)
            try reader.close()
            try startRun(in: fixture)
            let again = try SQLiteJournal(folder: fixture.folder, readOnly: true)
            #expect(try again.runs().count == 1 && again.state.facts().userVersion == 4)
        }
    }

    @Test("P15 a newer journal is refused and left as it is")
    func newer() throws {
        try Fixture.with { fixture in
            try startRun(in: fixture)
            try fixture.edit("PRAGMA user_version = 9")
            let before = try fixture.bytes()
            for readOnly in [false, true] {
                let error = #expect(throws: JournalError.self) {
                    try SQLiteJournal(folder: fixture.folder, readOnly: readOnly)
                }
                #expect(error?.code == .newer)
                #expect(error?.message.contains("version 9") == true)
            }
            #expect(try fixture.bytes() == before)
        }
    }

    @Test("P15 a newer journal is refused also while its version stands only in the WAL")
    func newerInWAL() throws {
        try Fixture.with { fixture in
            try startRun(in: fixture)
            let other = try DatabaseQueue(path: fixture.path)
            try other.writeWithoutTransaction { try $0.execute(sql: "PRAGMA user_version = 9") }
            let before = try fixture.bytes()
            let error = #expect(throws: JournalError.self) { try fixture.journal() }
            #expect(error?.code == .newer)
            #expect(try fixture.bytes() == before)
            try other.close()
        }
    }

    @Test(
        "a file that is no journal is refused and left as it is",
        arguments: ["not SQLite\n", String(repeating: "x", count: 5000), "SQLite format 3\0 but no more"])
    func notADatabase(text: String) throws {
        try Fixture.with { fixture in
            try Folder.create(fixture.folder)
            try Data(text.utf8).write(to: URL(filePath: fixture.path))
            for readOnly in [false, true] {
                let error = #expect(throws: JournalError.self) {
                    try SQLiteJournal(folder: fixture.folder, readOnly: readOnly)
                }
                #expect(error?.code == .notAJournal)
                #expect(error?.message.hasPrefix(fixture.path) == true)
            }
            #expect(try fixture.bytes() == Data(text.utf8))
        }
    }

    @Test("another program's database is refused and left as it is", arguments: ["DELETE", "WAL"], [0, 77])
    func foreign(mode: String, applicationID: Int) throws {
        try Fixture.with { fixture in
            try Folder.create(fixture.folder)
            try fixture.edit(
                "PRAGMA journal_mode = \(mode); PRAGMA application_id = \(applicationID); CREATE TABLE recipes (name)")
            let before = try fixture.bytes()
            let error = #expect(throws: JournalError.self) { try fixture.journal() }
            #expect(error?.code == .notAJournal)
            #expect(error?.message.contains("\(applicationID)") == true)
            #expect(try fixture.bytes() == before)
        }
    }

    @Test("an empty file becomes a journal")
    func emptyFile() throws {
        try Fixture.with { fixture in
            try Folder.create(fixture.folder)
            try Data().write(to: URL(filePath: fixture.path))
            try startRun(in: fixture)
            #expect(try fixture.journal().runs().map(\.id) == [.first])
        }
    }

    @Test("a missing folder is created, and a file in its place is named")
    func folder() throws {
        try Fixture.with { fixture in
            let deep = fixture.folder + "/a/b/state"
            _ = try SQLiteJournal(folder: deep)
            try Data().write(to: URL(filePath: fixture.folder + "/file"))
            let error = #expect(throws: JournalError.self) { try SQLiteJournal(folder: fixture.folder + "/file") }
            #expect(error?.code == .cannotOpen)
            #expect(error?.message.hasPrefix(fixture.folder + "/file") == true)
        }
    }

    @Test("a folder in the place of the journal is named")
    func folderAsFile() throws {
        try Fixture.with { fixture in
            try Folder.create(fixture.path)
            let error = #expect(throws: JournalError.self) { try fixture.journal() }
            #expect(error?.code == .cannotOpen)
        }
    }

    @Test("looking needs no lock, sees what a runner writes meanwhile, and writes nothing")
    func readOnly() throws {
        try Fixture.with { fixture in
            #expect(throws: JournalError.self) { try SQLiteJournal(folder: fixture.folder, readOnly: true) }
            #expect(!FileManager.default.fileExists(atPath: fixture.folder))
            let runner = try fixture.journal()
            let reader = try SQLiteJournal(
                folder: fixture.folder, readOnly: true, machine: fixture.machine(process: 200))
            let lease = try runner.acquireLease(on: .sample, for: .first, takeOver: false)
            let run = try NewRun.sample()
            try runner.create(run, under: lease)
            // As a runner does in the middle of a commit.
            let lock = try FileLock(path: fixture.folder + "/turnout.lock")
            #expect(try lock.tryAcquire())
            #expect(try reader.runs() == [run.record])
            #expect(try reader.leases().map(\.isAlive) == [true])
            lock.release()
            try runner.commit(run.success(of: 0), under: lease)
            #expect(try reader.events(of: .first, after: 0).count == 2)
            let error = #expect(throws: JournalError.self) { try reader.heartbeat(lease) }
            #expect(error?.code == .readOnly)
            try runner.close()
            #expect(try reader.verify(.first) == [])
        }
    }

    @Test("a folder that can't be written is looked at, and refused by name for the rest", .enabled(if: geteuid() != 0))
    func unwritableFolder() throws {
        try Fixture.with { fixture in
            try startRun(in: fixture)
            chmod(fixture.folder, 0o555)
            defer { chmod(fixture.folder, 0o755) }
            for leftover in ["-wal", "-shm"] {
                chmod(fixture.folder, 0o755)
                unlink(fixture.path + leftover)
                chmod(fixture.folder, 0o555)
                let reader = try SQLiteJournal(folder: fixture.folder, readOnly: true)
                #expect(try reader.verify(.first) == [])
            }
            chmod(fixture.folder + "/turnout.lock", 0o444)
            let error = #expect(throws: JournalError.self) { try fixture.journal() }
            #expect(error?.code == .readOnly)
            #expect(error?.message.hasPrefix(fixture.folder) == true)
        }
    }

    @Test("P14 a full disk is its own error, and what was there stays")
    func full() throws {
        try Fixture.with { fixture in
            let journal = try fixture.journal()
            let lease = try journal.acquireLease(on: .sample, for: .first, takeOver: false)
            let run = try NewRun.sample()
            try journal.create(run, under: lease)
            try journal.state.inspect { db in
                let pages = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
                try db.execute(sql: "PRAGMA max_page_count = \(pages + 2)")
            }
            var commit = run.success(of: 0)
            commit.record.reason = String(repeating: "long ", count: 10_000)
            let error = #expect(throws: JournalError.self) { try journal.commit(commit, under: lease) }
            #expect(error?.code == .noSpace)
            #expect(error?.message.hasPrefix(fixture.path) == true)
            #expect(try journal.load(.first).record == run.record)
            #expect(try journal.events(of: .first, after: 0).count == 1)
            #expect(try journal.verify(.first) == [])
            try journal.commit(run.success(of: 0), under: lease)
        }
    }

    @Test("a damaged page is a sentence, never a crash")
    func damaged() throws {
        try Fixture.with { fixture in
            try startRun(in: fixture)
            var bytes = try fixture.bytes()
            bytes.replaceSubrange(4096..., with: Data(repeating: 0x5A, count: bytes.count - 4096))
            try bytes.write(to: URL(filePath: fixture.path))
            let journal = try fixture.journal()
            for call in [
                { _ = try journal.runs() }, { _ = try journal.load(.first) },
                { _ = try journal.events(of: .first, after: 0) },
            ] as [() throws -> Void] {
                let error = #expect(throws: JournalError.self) { try call() }
                #expect(error?.message.contains("damaged") == true)
            }
            #expect(try journal.verify(.first).first?.contains("damaged") == true)
            #expect(journal.diagnose().contains { $0.level == .error })
        }
    }

    @Test("doctor finds a healthy journal healthy, and says what is wrong with others")
    func doctor() throws {
        try Fixture.with { fixture in
            try startRun(in: fixture)
            let journal = try fixture.journal()
            #expect(journal.diagnose().allSatisfy { $0.level != .error })
            _ = try journal.acquireLease(on: .sample, for: .first, takeOver: false)
            fixture.pass(.minutes(2))
            try fixture.edit("UPDATE events SET kind = 'run.left'; DELETE FROM run_files; DELETE FROM definitions")
            let findings = journal.diagnose()
            #expect(findings.contains { $0.level == .warning && $0.advice?.contains("--take-over") == true })
            #expect(findings.contains { $0.level == .error && $0.finding.contains("event 1 (run.left)") })
            #expect(findings.contains { $0.level == .error && $0.finding.contains("definitions") })
        }
    }
}
