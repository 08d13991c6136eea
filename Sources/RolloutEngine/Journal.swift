package import Rollouts

/// The durable store of checkpoints.
///
/// Once a call has returned, its effect survives power loss (P4). Every write holds the state folder's lock.
package protocol Journal: Sendable {
    /// Returns the ID that the playbook's next run would get.
    func nextRunID(of playbook: String) throws(JournalError) -> RunID

    /// Acquires the endpoint's lease for a run.
    ///
    /// A dead holder's lease is taken over. A live holder causes ``JournalError/Code/leased``, unless `takeOver` is set
    /// and the holder has been silent for 30 s. The new epoch is larger than every earlier epoch of the endpoint.
    func acquireLease(on endpoint: LeaseKey, for run: RunID, takeOver: Bool) throws(JournalError) -> Lease
    /// Renews the lease; throws ``JournalError/Code/fenced`` if another runner has taken over.
    func heartbeat(_ lease: Lease) throws(JournalError)
    func release(_ lease: Lease) throws(JournalError)
    /// Returns the same lease with an epoch above `seen`, the epoch of another journal's runner that a backend
    /// reported.
    func raise(_ lease: Lease, above seen: Int) throws(JournalError) -> Lease
    func leases() throws(JournalError) -> [LeaseHolder]

    /// Writes a new run with its plan, its files and its first events.
    ///
    /// Throws ``JournalError/Code/runExists`` if its number is taken, and ``JournalError/Code/unfinishedRun(_:)`` if
    /// another run on the endpoint has not ended.
    func create(_ run: NewRun, under lease: Lease) throws(JournalError)
    /// Returns the unfinished run on an endpoint, if any; ``create(_:under:)`` ensures that there is at most one.
    func unfinishedRun(on endpoint: LeaseKey) throws(JournalError) -> RunID?
    /// Appends events and the resulting records in one transaction, which also checks the lease's epoch.
    func commit(_ commit: Commit, under lease: Lease) throws(JournalError)

    /// Records that something is overdue, which needs no lease because it changes no endpoint.
    ///
    /// - Returns: False, with nothing written, if a live process holds the endpoint or the run is no longer as in
    ///   `record`.
    func note(_ commit: Commit, of record: RunRecord) throws(JournalError) -> Bool

    /// Stores a request and appends its event.
    ///
    /// `validate` sees the run's existing requests within the same transaction; its errors are rethrown.
    /// - Returns: The request with its number.
    func submit(_ request: Request, to run: RunID, validate: ([StoredRequest]) throws(JournalError) -> Void)
        throws(JournalError) -> Request
    /// Returns the requests that the run has not used yet, oldest first.
    func pendingRequests(of run: RunID) throws(JournalError) -> [Request]
    func requests(of run: RunID) throws(JournalError) -> [StoredRequest]

    /// Returns the random name that identifies this journal, chosen when it was created.
    func home() throws(JournalError) -> String
    /// Returns all runs, newest first, including those whose records cannot be read.
    func runIDs() throws(JournalError) -> [RunID]
    /// Returns the runs with this status, newest first, including those whose records cannot be read.
    func runIDs(in status: RunStatus) throws(JournalError) -> [RunID]
    /// Returns all runs, newest first.
    func runs() throws(JournalError) -> [RunRecord]
    /// Returns the run's record; throws ``JournalError/Code/unknownRun`` if there is none.
    func record(of run: RunID) throws(JournalError) -> RunRecord
    func stages(of run: RunID) throws(JournalError) -> [StageRecord]
    /// Returns everything needed to continue the run, verified against the plan's hash and the end of the chain.
    func load(_ run: RunID) throws(JournalError) -> StoredRun
    /// Returns the events after sequence number `after`.
    func events(of run: RunID, after: Int) throws(JournalError) -> [JournaledEvent]
    /// Returns the findings of `turnout doctor`, one for each check.
    func diagnose() -> [Diagnosis]
    /// Closes the journal; it must not be used afterwards.
    func close() throws(JournalError)
    /// Returns the edited, deleted or reordered events that the hash chain reveals, each a sentence; empty if it is
    /// intact.
    func verify(_ run: RunID) throws(JournalError) -> [String]
}

extension Journal {
    package func diagnose() -> [Diagnosis] { [] }
}

extension RunRecord {
    /// The lease that a runner needs to work on the run.
    package var leaseKey: LeaseKey { LeaseKey(backend: backend, place: place, endpoint: endpoint) }
}

/// Identifies what is leased: one endpoint of one backend.
package struct LeaseKey: Hashable, Sendable, CustomStringConvertible {
    package var backend: String
    /// The place within the backend, such as a cluster's server and namespace, or `nil` if the backend has only one.
    package var place: String?
    package var endpoint: Name

    package init(backend: String, place: String? = nil, endpoint: Name) {
        self.backend = backend
        self.place = place
        self.endpoint = endpoint
    }

    package var description: String {
        [backend, place, endpoint.text.lowercased()].compactMap(\.self).joined(separator: "/")
    }
}

package struct Lease: Hashable, Sendable {
    package var key: LeaseKey
    package var run: RunID
    /// Larger than every earlier epoch of the endpoint.
    package var epoch: Int

    package init(key: LeaseKey, run: RunID, epoch: Int) {
        self.key = key
        self.run = run
        self.epoch = epoch
    }
}

package struct LeaseHolder: Hashable, Sendable {
    package var key: String
    package var run: RunID
    package var epoch: Int
    package var process: Int
    package var host: String
    package var isAlive: Bool
    /// The time since the holder last wrote.
    package var silent: Interval

    /// How long a live holder must have been silent before another runner can take over.
    package static let patience = Interval.seconds(30)

    package init(
        key: String, run: RunID, epoch: Int, process: Int, host: String, isAlive: Bool, silent: Interval
    ) {
        self.key = key
        self.run = run
        self.epoch = epoch
        self.process = process
        self.host = host
        self.isAlive = isAlive
        self.silent = silent
    }
}

package struct NewRun: Sendable {
    package var snapshot: PlanSnapshot
    package var record: RunRecord
    package var stages: [StageRecord]
    package var events: [StampedEvent]
    /// Decisions that the starter makes in advance.
    package var requests: [Request]

    package init(
        snapshot: PlanSnapshot, record: RunRecord, stages: [StageRecord], events: [StampedEvent], requests: [Request]
    ) {
        self.snapshot = snapshot
        self.record = record
        self.stages = stages
        self.events = events
        self.requests = requests
    }
}

package struct StampedEvent: Hashable, Sendable, Codable {
    package var at: Timestamp
    /// The index of the stage that the event is about.
    package var stage: Int?
    package var event: RunEvent

    package init(at: Timestamp, stage: Int?, event: RunEvent) {
        self.at = at
        self.stage = stage
        self.event = event
    }
}

/// One transaction by a runner.
package struct Commit: Sendable {
    package var run: RunID
    package var events: [StampedEvent]
    package var record: RunRecord
    /// The changed records by stage index.
    package var stages: [Int: StageRecord]
    /// The numbers of the requests that these events use.
    package var usedRequests: [Int]
    /// If set, replaces the run's plan and stage list.
    package var adopted: PlanSnapshot?

    package init(
        run: RunID, events: [StampedEvent], record: RunRecord, stages: [Int: StageRecord], usedRequests: [Int] = [],
        adopted: PlanSnapshot? = nil
    ) {
        self.run = run
        self.events = events
        self.record = record
        self.stages = stages
        self.usedRequests = usedRequests
        self.adopted = adopted
    }
}

package struct StoredRun: Sendable {
    package var snapshot: PlanSnapshot
    package var record: RunRecord
    package var stages: [StageRecord]

    package init(snapshot: PlanSnapshot, record: RunRecord, stages: [StageRecord]) {
        self.snapshot = snapshot
        self.record = record
        self.stages = stages
    }
}

package struct StoredRequest: Hashable, Sendable, Codable {
    package var request: Request
    /// Whether the run has used the request.
    package var isUsed: Bool

    package init(request: Request, isUsed: Bool) {
        self.request = request
        self.isUsed = isUsed
    }
}

/// An event with its position in the run's hash chain.
package struct JournaledEvent: Sendable {
    /// Starts at 1 and has no gaps.
    package var sequence: Int
    package var at: Timestamp
    /// The name of the stage that the event is about.
    package var stage: String?
    package var kind: String
    /// The fencing epoch of the runner that wrote the event, or 0 for a request.
    package var epoch: Int
    package var event: RunEvent
    /// SHA-256 over the line and the preceding hash, in lowercase hexadecimal.
    package var hash: String

    package init(
        sequence: Int, at: Timestamp, stage: String?, kind: String, epoch: Int, event: RunEvent, hash: String
    ) {
        self.sequence = sequence
        self.at = at
        self.stage = stage
        self.kind = kind
        self.epoch = epoch
        self.event = event
        self.hash = hash
    }
}

package struct JournalError: Error, Sendable, CustomStringConvertible {
    package enum Code: Hashable, Sendable {
        case noSpace
        case inputOutput
        case busy
        case readOnly
        case cannotOpen
        /// The file is not a Turnout journal.
        case notAJournal
        /// A later version of Turnout wrote the file.
        case newer
        /// Another runner has taken over.
        case fenced
        /// Another runner holds the endpoint.
        case leased(LeaseHolder)
        /// A runner of another journal holds the endpoint through the backend's own lease.
        case taken
        case runExists
        /// Another run on the endpoint has not ended.
        case unfinishedRun(RunID)
        case unknownRun
        /// The stored data does not match its hashes.
        case tampered
        /// Another person decided first, or the gate does not accept this decision.
        case notAllowed
    }

    package var code: Code
    /// What is wrong, in a sentence, and what to do about it if possible.
    package var message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }
}
