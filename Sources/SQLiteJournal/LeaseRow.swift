internal import GRDB
internal import RolloutEngine
internal import Rollouts
internal import SQLiteState

/// One row of the leases table.
struct LeaseRow {
    var key: String
    var epoch: Int
    /// `nil` once the lease was released.
    var run: String?
    var process: Int
    var processStart: Int64
    var bootID: String
    var host: String
    var acquired: Timestamp
    /// The time of the last heartbeat by the boot clock of the machine with that boot ID, in milliseconds.
    var heartbeat: Int64
    var heartbeatAt: Timestamp

    init(key: LeaseKey, epoch: Int, run: RunID, machine: Machine) {
        self.key = key.description
        self.epoch = epoch
        self.run = run.description
        process = machine.process
        processStart = machine.processStart
        bootID = machine.bootID
        host = machine.host
        acquired = machine.now()
        heartbeat = machine.bootClock()
        heartbeatAt = acquired
    }

    private init(_ row: RowDecoder) {
        key = row.text(0)
        epoch = Int(row.integer(1))
        run = row.optionalText(2)
        process = Int(row.integer(3))
        processStart = row.integer(4)
        bootID = row.text(5)
        host = row.text(6)
        acquired = Timestamp(milliseconds: row.integer(7))
        heartbeat = row.integer(8)
        heartbeatAt = Timestamp(milliseconds: row.integer(9))
    }

    private static let columns =
        "key, epoch, run, process, process_started, boot, host, acquired, heartbeat, heartbeat_at"

    static func fetch(_ key: String, in db: Database) throws -> LeaseRow? {
        try db.firstRow("SELECT \(columns) FROM leases WHERE key = ?", [key]) { LeaseRow($0) }
    }

    static func fetchAll(in db: Database) throws -> [LeaseRow] {
        var rows: [LeaseRow] = []
        try db.forEachRow("SELECT \(columns) FROM leases ORDER BY key") { rows.append(LeaseRow($0)) }
        return rows
    }

    func save(in db: Database) throws {
        try db.run(
            "INSERT OR REPLACE INTO leases (\(Self.columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                key, epoch, run, process, processStart, bootID, host, acquired.milliseconds, heartbeat,
                heartbeatAt.milliseconds,
            ])
    }

    /// Returns the holder of the lease, or `nil` if it was released.
    func holder(seenFrom machine: Machine, locks: SQLiteJournal) throws -> LeaseHolder? {
        guard let run else { return nil }
        guard let id = RunID(run) else {
            throw JournalError(.tampered, "\(locks.path): the lease of \(key) has an invalid run ID, '\(run)'")
        }
        // The boot clock of another kernel cannot be compared.
        let silence =
            bootID == machine.bootID
            ? Interval(milliseconds: machine.bootClock()) - Interval(milliseconds: heartbeat)
            : machine.now() - heartbeatAt
        return LeaseHolder(
            key: key, run: id, epoch: epoch, process: process, host: host,
            isAlive: try isAlive(seenFrom: machine, locks: locks), silent: max(silence, .zero))
    }

    /// Returns false if no process holds the holder's kernel lock, or if its kernel or its process no longer runs.
    ///
    /// Process IDs are only meaningful on the machine that assigned them. A missing lock file proves nothing.
    private func isAlive(seenFrom machine: Machine, locks: SQLiteJournal) throws -> Bool {
        if try locks.isLocked(key: key, epoch: epoch) == false { return false }
        guard host == machine.host else { return true }
        guard bootID == machine.bootID else { return false }
        switch machine.look(process) {
        case .gone: return false
        case .running(let since): return since == nil || processStart == 0 || since == processStart
        }
    }
}
