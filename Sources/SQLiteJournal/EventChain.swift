internal import Crypto
internal import FoundationEssentials
internal import GRDB
internal import RolloutEngine
internal import Rollouts
internal import SQLiteState
internal import Support

/// The hash of one line of a run's journal.
///
/// SHA-256 over the previous hash, run, sequence, time, stage, kind, epoch and payload, in this order; each as a byte
/// that tells its type (0 null, 1 integer, 2 text), for a text its length in bytes, and its value, numbers as 64 bits
/// big endian. No two different lines have the same bytes.
struct LineHash {
    private var hasher = SHA256()

    /// Before the first event.
    static let origin = String(repeating: "0", count: 64)

    mutating func add(_ number: Int64) {
        hasher.update(data: [1])
        withUnsafeBytes(of: number.bigEndian) { hasher.update(bufferPointer: $0) }
    }

    mutating func add(_ text: Data?) {
        guard let text else { return hasher.update(data: [0]) }
        hasher.update(data: [2])
        withUnsafeBytes(of: UInt64(text.count).bigEndian) { hasher.update(bufferPointer: $0) }
        hasher.update(data: text)
    }

    mutating func add(_ text: String) { add(Data(text.utf8)) }

    func finish() -> String { hasher.finalize().hexadecimal }
}

/// The end of a run's chain, as a transaction reads it, extends it and writes it back.
struct EventChain {
    let run: String
    /// The endpoint that the run has, as leases name it.
    let leaseKey: String
    private let observations: KnownValues<Observation>
    private(set) var count: Int64
    private(set) var head: String

    /// Of a run without events.
    init(new run: RunID, on endpoint: LeaseKey, knowing observations: KnownValues<Observation>) {
        self.observations = observations
        self.run = run.description
        leaseKey = endpoint.description
        count = 0
        head = LineHash.origin
    }

    /// Nil where there is no such run.
    init?(of run: RunID, knowing observations: KnownValues<Observation> = KnownValues(), in db: Database) throws {
        let end = try db.firstRow("SELECT event_count, head_hash, lease_key FROM runs WHERE id = ?", [run.description])
        {
            ($0.integer(0), $0.text(1), $0.text(2))
        }
        guard let end else { return nil }
        self.observations = observations
        self.run = run.description
        (count, head, leaseKey) = end
    }

    mutating func append(_ event: RunEvent, at: Timestamp, stage: String?, epoch: Int, in db: Database) throws {
        let payload = try CompactJSON.encode(event, knowing: observations)
        let kind = event.kind
        var line = LineHash()
        line.add(head)
        line.add(run)
        line.add(count + 1)
        line.add(at.milliseconds)
        line.add(stage.map { Data($0.utf8) })
        line.add(kind)
        line.add(Int64(epoch))
        line.add(payload)
        let hash = line.finish()
        try db.run(
            """
            INSERT INTO events (run, sequence, at, stage, kind, epoch, previous_hash, hash, payload)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [run, count + 1, at.milliseconds, stage, kind, epoch, head, hash, String(decoding: payload, as: UTF8.self)])
        count += 1
        head = hash
    }

    /// Writes the chain's end to the run, for ``init(of:in:)`` and for finding deleted last events.
    func save(in db: Database) throws {
        try db.run("UPDATE runs SET event_count = ?, head_hash = ? WHERE id = ?", [count, head, run])
    }
}
