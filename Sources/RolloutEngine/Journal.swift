package import Rollouts

/// The durable store of checkpoints.
///
/// What a call has returned from survives power loss (P4). Every write holds the state folder's lock.
package protocol Journal: Sendable {
    /// The number that the next run of the playbook would get.
    func nextRunID(of playbook: String) throws(JournalError) -> RunID

    /// Takes the endpoint for a run.
    ///
    /// A dead holder's lease is taken over; one that is alive throws ``JournalError/Code/leased``, unless `takeOver`
    /// is set and it has been silent for 30 s. The epoch is larger than every earlier one of the endpoint.
    func acquireLease(on endpoint: LeaseKey, for run: RunID, takeOver: Bool) throws(JournalError) -> Lease
    /// Says that the holder is alive; throws ``JournalError/Code/fenced`` when it was overtaken.
    func heartbeat(_ lease: Lease) throws(JournalError)
    func release(_ lease: Lease) throws(JournalError)
    /// The same lease with an epoch above `seen`, which a backend has seen of another journal's runner.
    func raise(_ lease: Lease, above seen: Int) throws(JournalError) -> Lease
    func leases() throws(JournalError) -> [LeaseHolder]

    /// Writes a new run with its plan, its files and its first events; throws ``JournalError/Code/runExists`` when its
    /// number is taken, and ``JournalError/Code/unfinishedRun(_:)`` when another run of the endpoint has not ended.
    func create(_ run: NewRun, under lease: Lease) throws(JournalError)
    /// The run that has not ended on an endpoint; ``create(_:under:)`` sees to it that there is at most one.
    func unfinishedRun(on endpoint: LeaseKey) throws(JournalError) -> RunID?
    /// Appends events and the records that follow from them, in one transaction that also checks the lease's epoch.
    func commit(_ commit: Commit, under lease: Lease) throws(JournalError)

    /// Appends what needs no lease, since it changes no endpoint: that something is overdue of a run as `record` has it.
    ///
    /// - Returns: False, and nothing is written, where a process that is alive holds the endpoint, or the run has gone on.
    func note(_ commit: Commit, of record: RunRecord) throws(JournalError) -> Bool

    /// Keeps a request and appends its event. `validate` sees the requests that the run already has, in the same
    /// transaction; what it throws is thrown.
    /// - Returns: The request with its number.
    func submit(_ request: Request, to run: RunID, validate: ([KeptRequest]) throws(JournalError) -> Void)
        throws(JournalError) -> Request
    /// The requests that the run did not use yet, oldest first.
    func pendingRequests(of run: RunID) throws(JournalError) -> [Request]
    func requests(of run: RunID) throws(JournalError) -> [KeptRequest]

    /// What tells this journal from others: a random name that it got when it was made.
    func home() throws(JournalError) -> String
    /// All runs, newest first, also those whose records cannot be read.
    func runIDs() throws(JournalError) -> [RunID]
    /// The runs with this status, newest first, also those whose records cannot be read.
    func runIDs(in status: RunStatus) throws(JournalError) -> [RunID]
    /// All runs, newest first.
    func runs() throws(JournalError) -> [RunRecord]
    /// The run's record; throws ``JournalError/Code/unknownRun``.
    func record(of run: RunID) throws(JournalError) -> RunRecord
    func stages(of run: RunID) throws(JournalError) -> [StageRecord]
    /// All that is needed to go on, checked against the plan's hash and the chain's end.
    func load(_ run: RunID) throws(JournalError) -> StoredRun
    /// Events from sequence number `after` (exclusive) on.
    func events(of run: RunID, after: Int) throws(JournalError) -> [JournaledEvent]
    /// What a doctor finds in it, one entry for each thing that was looked at.
    func diagnose() -> [Diagnosis]
    /// Closes what was opened; nothing is to be asked afterwards.
    func close() throws(JournalError)
    /// The events that the hash chain finds edited, deleted or reordered, as sentences; empty when the chain holds.
    func verify(_ run: RunID) throws(JournalError) -> [String]
}

extension Journal {
    package func diagnose() -> [Diagnosis] { [] }
}

extension RunRecord {
    /// What a runner needs the lease of to work on the run.
    package var leaseKey: LeaseKey { LeaseKey(backend: backend, place: place, endpoint: endpoint) }
}

/// What is leased: one endpoint of one backend.
package struct LeaseKey: Hashable, Sendable, CustomStringConvertible {
    package var backend: String
    /// Which of several that the backend reaches: a cluster's server and namespace; nil where there is one.
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
    /// Larger than every earlier one of the endpoint.
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
    /// Since it last wrote.
    package var silent: Interval

    /// How long a holder that is alive must have been silent before it may be overtaken.
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
    /// Decisions that the starter makes ahead of time.
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
    /// Index of the stage that it is about.
    package var stage: Int?
    package var event: RunEvent

    package init(at: Timestamp, stage: Int?, event: RunEvent) {
        self.at = at
        self.stage = stage
        self.event = event
    }
}

/// One transaction of a runner.
package struct Commit: Sendable {
    package var run: RunID
    package var events: [StampedEvent]
    package var record: RunRecord
    /// By index; only those that changed.
    package var stages: [Int: StageRecord]
    /// Numbers of the requests that these events use up.
    package var usedRequests: [Int]
    /// Replaces the run's plan and stage list.
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

package struct KeptRequest: Hashable, Sendable, Codable {
    package var request: Request
    /// True once the run has used it.
    package var isUsed: Bool

    package init(request: Request, isUsed: Bool) {
        self.request = request
        self.isUsed = isUsed
    }
}

/// An event with its place in the run's hash chain.
package struct JournaledEvent: Sendable {
    /// From 1, without gaps.
    package var sequence: Int
    package var at: Timestamp
    /// The name of the stage that it is about.
    package var stage: String?
    package var kind: String
    /// Fencing epoch of the runner that wrote it; 0 for a request.
    package var epoch: Int
    package var event: RunEvent
    /// Lowercase hexadecimal SHA-256 over the line and the hash before it.
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
        /// The file is no journal of Turnout.
        case notAJournal
        /// A later Turnout wrote it.
        case newer
        /// This runner was overtaken.
        case fenced
        /// Another runner has the endpoint.
        case leased(LeaseHolder)
        /// A runner of another journal has the endpoint, by a lease of the backend's own.
        case taken
        case runExists
        /// Another run of the endpoint has not ended.
        case unfinishedRun(RunID)
        case unknownRun
        /// What is stored does not fit its hashes.
        case tampered
        /// Somebody else decided first, or the gate may not be decided so.
        case notAllowed
    }

    package var code: Code
    /// A sentence that says what is wrong and, where it can, what to do.
    package var message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }
}
