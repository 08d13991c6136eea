internal import Crypto
package import FoundationEssentials
package import Rollouts

/// One line of a run's journal: an event, and the hashes that fix its position.
package struct EventLine: Hashable, Sendable {
    /// Starts at 1 and has no gaps.
    package var sequence: Int
    package var at: Timestamp
    /// The name of the stage that the event is about.
    package var stage: String?
    package var kind: String
    /// See ``JournaledEvent/epoch``.
    package var epoch: Int
    /// The hash of the preceding line, or ``EventChain/origin`` for the first.
    package var previousHash: String
    package var hash: String
    /// The event as JSON.
    package var payload: Data

    package init(
        sequence: Int, at: Timestamp, stage: String?, kind: String, epoch: Int, previousHash: String, hash: String,
        payload: Data
    ) {
        self.sequence = sequence
        self.at = at
        self.stage = stage
        self.kind = kind
        self.epoch = epoch
        self.previousHash = previousHash
        self.hash = hash
        self.payload = payload
    }

    /// Whether the line is unchanged since it was written into the journal of `run`.
    package func isIntact(in run: RunID) -> Bool { hash == computedHash(in: run) }

    /// Returns SHA-256 over previous hash, run, sequence, time, stage, kind, epoch and payload, in lowercase
    /// hexadecimal.
    fileprivate func computedHash(in run: RunID) -> String {
        var hash = LineHash()
        hash.add(previousHash)
        hash.add(run.description)
        hash.add(Int64(sequence))
        hash.add(at.milliseconds)
        hash.add(stage.map { Data($0.utf8) })
        hash.add(kind)
        hash.add(Int64(epoch))
        hash.add(payload)
        return hash.finish()
    }
}

/// The end of a run's event chain, to which new events are appended.
package struct EventChain: Hashable, Sendable {
    package let run: RunID
    /// The number of events.
    package private(set) var count: Int
    /// The hash of the last event.
    package private(set) var head: String

    /// Takes the place of the previous hash in the first event.
    package static let origin = String(repeating: "0", count: 64)

    package init(of run: RunID, count: Int = 0, head: String = Self.origin) {
        self.run = run
        self.count = count
        self.head = head
    }

    /// Appends an event.
    /// - Returns: The line to keep.
    package mutating func append(
        _ event: RunEvent, at: Timestamp, stage: String?, epoch: Int, knowing known: (any JSONCache)? = nil
    ) throws -> EventLine {
        var line = EventLine(
            sequence: count + 1, at: at, stage: stage, kind: event.kind, epoch: epoch, previousHash: head, hash: "",
            payload: try CompactJSON.encode(event, knowing: known))
        line.hash = line.computedHash(in: run)
        count += 1
        head = line.hash
        return line
    }
}

/// A hash over a list of fields.
///
/// Each field is hashed as a type byte (0 null, 1 integer, 2 text), for text its length in bytes, and the value;
/// numbers are 64-bit big endian. Different lists of fields therefore never produce the same bytes.
private struct LineHash {
    private var hasher = SHA256()

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

    func finish() -> String { hexadecimal(hasher.finalize()) }
}
