internal import GRDB
internal import RolloutEngine
internal import Rollouts
internal import SQLiteState

/// The end of a run's chain, which a transaction reads, extends and writes back.
struct StoredChain {
    private(set) var end: EventChain
    /// The run's endpoint, in the form that leases use.
    let leaseKey: String
    private let known: [any JSONCache]

    /// Creates the chain of a run without events.
    init(new run: RunID, on endpoint: LeaseKey, knowing known: [any JSONCache]) {
        end = EventChain(of: run)
        leaseKey = endpoint.description
        self.known = known
    }

    /// Returns `nil` if the run does not exist.
    init?(of run: RunID, knowing known: [any JSONCache] = [], in db: Database) throws {
        let row = try db.firstRow("SELECT event_count, head_hash, lease_key FROM runs WHERE id = ?", [run.description])
        {
            (EventChain(of: run, count: Int($0.integer(0)), head: $0.text(1)), $0.text(2))
        }
        guard let row else { return nil }
        (end, leaseKey) = row
        self.known = known
    }

    mutating func append(_ event: RunEvent, at: Timestamp, stage: String?, epoch: Int, in db: Database) throws {
        let line = try end.append(event, at: at, stage: stage, epoch: epoch, knowing: known)
        try db.run(
            """
            INSERT INTO events (run, sequence, at, stage, kind, epoch, previous_hash, hash, payload)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                end.run.description, line.sequence, at.milliseconds, stage, line.kind, epoch, line.previousHash,
                line.hash, String(decoding: line.payload, as: UTF8.self),
            ])
    }

    /// Writes the chain's end to the run, for ``init(of:knowing:in:)`` and to detect deleted events at the end.
    func save(in db: Database) throws {
        try db.run(
            "UPDATE runs SET event_count = ?, head_hash = ? WHERE id = ?", [end.count, end.head, end.run.description])
    }
}
