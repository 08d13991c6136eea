import FoundationEssentials
import GRDB
import RolloutEngine
import RolloutTesting
import Rollouts
import SQLiteState
import Synchronization
import Testing

@testable import SQLiteJournal

/// A state folder of its own for one test, removed at its end, and a machine whose clock the test moves.
final class Fixture: Sendable {
    let folder: String
    let clock = Mutex<Int64>(1_000_000)
    /// When each process started, by its number; what is not here is gone.
    let processes = Mutex<[Int: Int64]>([100: 5000, 200: 6000])

    private let opened = Atomic(0)

    private init(folder: String) { self.folder = folder }

    static func with(_ body: (Fixture) throws -> Void) throws {
        let folder = temporaryFolder()
        try Folder.create(folder)
        defer { remove(folder) }
        try body(Fixture(folder: folder + "/state"))
    }

    static func with(_ body: (Fixture) async throws -> Void) async throws {
        let folder = temporaryFolder()
        try Folder.create(folder)
        defer { remove(folder) }
        try await body(Fixture(folder: folder + "/state"))
    }

    private static func temporaryFolder() -> String {
        FileManager.default.temporaryDirectory.path + "/turnout-journal-\(UUID().uuidString)"
    }

    private static func remove(_ folder: String) {
        do {
            try FileManager.default.removeItem(atPath: folder)
        } catch {
            Issue.record(error, "\(folder) was left behind")
        }
    }

    var path: String { folder + "/turnout.sqlite" }

    func pass(_ time: Interval) { clock.withLock { $0 += time.milliseconds } }

    func machine(process: Int = 100, boot: String = "boot-1", host: String = "here") -> Machine {
        Machine(
            host: host, bootID: boot, process: process,
            look: { [self] process in
                processes.withLock { $0[process].map { .running(since: $0) } ?? .gone }
            },
            bootClock: { [self] in clock.withLock { $0 } },
            now: { [self] in Timestamp(milliseconds: 1_700_000_000_000 + clock.withLock { $0 }) })
    }

    func journal(process: Int = 100, boot: String = "boot-1") throws -> SQLiteJournal {
        try SQLiteJournal(folder: folder, machine: machine(process: process, boot: boot))
    }

    /// The folder's journal, opened by one process after the other.
    var bench: JournalBench {
        JournalBench(
            open: { [self] in
                let process = opened.add(1, ordering: .relaxed).newValue
                processes.withLock { $0[process] = 9000 }
                return try journal(process: process)
            },
            openAnother: { [self] in try SQLiteJournal(folder: folder + "/another", machine: machine()) },
            pass: { [self] in pass($0) })
    }

    /// Runs SQL as a person with another tool would.
    func edit(_ sql: String) throws {
        var configuration = Configuration()
        configuration.foreignKeysEnabled = false
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        try queue.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA ignore_check_constraints = ON")
            try db.execute(sql: sql)
        }
        try queue.close()
    }

    func bytes(_ path: String? = nil) throws -> Data { try Data(contentsOf: URL(filePath: path ?? self.path)) }
}
