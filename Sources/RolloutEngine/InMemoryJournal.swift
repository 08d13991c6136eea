internal import FoundationEssentials
internal import Rollouts
internal import Synchronization

/// A journal kept in memory, for tests, for rehearsals, and for reading a state folder that has no journal yet.
///
/// It follows the rules of every journal but is not durable: it disappears with its last handle.
package final class InMemoryJournal: Journal, Sendable {
    private let store: Store
    /// The process number under which other handles see this one.
    private let process: Int

    private final class Store: Sendable {
        let clock: any RunClock
        let state = Mutex(InMemoryState())

        init(clock: any RunClock) { self.clock = clock }
    }

    /// An empty journal.
    /// - Parameter clock: Measures how long lease holders have been silent.
    package convenience init(clock: any RunClock = SystemClock()) { self.init(Store(clock: clock)) }

    /// Opens the same journal as another process would; that process counts as dead once it closes the journal.
    package func openAgain() -> InMemoryJournal { InMemoryJournal(store) }

    private init(_ store: Store) {
        self.store = store
        process = store.state.withLock { $0.open() }
    }

    package func close() throws(JournalError) {
        store.state.withLock { $0.close(process) }
    }

    private func access<Value: Sendable>(
        _ body: (inout InMemoryState) throws(JournalError) -> Value
    ) throws(JournalError) -> Value {
        try store.state.withLock { (state) throws(JournalError) in
            try state.checkIsOpen(process)
            return try body(&state)
        }
    }
}

// MARK: - Leases

extension InMemoryJournal {
    private var moment: InMemoryState.Moment { .init(process: process, now: store.clock.now()) }

    package func acquireLease(on endpoint: LeaseKey, for run: RunID, takeOver: Bool) throws(JournalError) -> Lease {
        try access { (state) throws(JournalError) in
            try state.acquire(endpoint, for: run, takeOver: takeOver, at: moment)
        }
    }

    package func heartbeat(_ lease: Lease) throws(JournalError) {
        try access { (state) throws(JournalError) in
            try state.checkHolds(lease, for: lease.run, at: moment)
            state.heartbeat(lease, at: moment)
        }
    }

    package func release(_ lease: Lease) throws(JournalError) {
        try access { (state) throws(JournalError) in
            try state.checkHolds(lease, for: lease.run, at: moment)
            state.release(lease)
        }
    }

    package func raise(_ lease: Lease, above seen: Int) throws(JournalError) -> Lease {
        guard lease.epoch <= seen else { return lease }
        return try access { (state) throws(JournalError) in
            try state.checkHolds(lease, for: lease.run, at: moment)
            return try state.hold(lease.key, for: lease.run, after: seen, at: moment)
        }
    }

    package func leases() throws(JournalError) -> [LeaseHolder] {
        try access { $0.holders(at: moment) }
    }
}

// MARK: - Runs

extension InMemoryJournal {
    package func create(_ run: NewRun, under lease: Lease) throws(JournalError) {
        try access { (state) throws(JournalError) in try state.create(run, under: lease, at: moment) }
    }

    package func commit(_ commit: Commit, under lease: Lease) throws(JournalError) {
        try access { (state) throws(JournalError) in try state.commit(commit, under: lease, at: moment) }
    }

    package func note(_ commit: Commit, of record: RunRecord) throws(JournalError) -> Bool {
        try access { (state) throws(JournalError) in try state.note(commit, of: record, at: moment) }
    }

    package func submit(
        _ request: Request, to run: RunID, validate: ([StoredRequest]) throws(JournalError) -> Void
    ) throws(JournalError) -> Request {
        try access { (state) throws(JournalError) in try state.submit(request, to: run, validate: validate) }
    }

    package func pendingRequests(of run: RunID) throws(JournalError) -> [Request] {
        try requests(of: run).filter { !$0.isUsed }.map(\.request)
    }

    package func requests(of run: RunID) throws(JournalError) -> [StoredRequest] {
        try access { $0.find(run)?.requests ?? [] }
    }

    package func home() throws(JournalError) -> String {
        try access { $0.home }
    }

    package func nextRunID(of playbook: String) throws(JournalError) -> RunID {
        let last = try runIDs().filter { $0.playbook == playbook }.map(\.number).max()
        return RunID(playbook: playbook, number: (last ?? 0) + 1)
    }

    package func unfinishedRun(on endpoint: LeaseKey) throws(JournalError) -> RunID? {
        try access { $0.unfinishedRun(on: endpoint) }
    }

    package func runIDs() throws(JournalError) -> [RunID] { try runs().map(\.id) }

    package func runIDs(in status: RunStatus) throws(JournalError) -> [RunID] {
        try runs().filter { $0.status == status }.map(\.id)
    }

    package func runs() throws(JournalError) -> [RunRecord] {
        try access { $0.runs.reversed().map(\.record) }
    }

    private func known(_ run: RunID) throws(JournalError) -> InMemoryState.Run {
        try access { (state) throws(JournalError) in state.runs[try state.index(of: run)] }
    }

    package func record(of run: RunID) throws(JournalError) -> RunRecord { try known(run).record }

    package func stages(of run: RunID) throws(JournalError) -> [StageRecord] { try known(run).stages }

    package func load(_ run: RunID) throws(JournalError) -> StoredRun {
        let kept = try known(run)
        guard try kept.planFindings().isEmpty else {
            throw JournalError(.tampered, "run \(run): the stored plan does not match its hash; it cannot go on")
        }
        return StoredRun(snapshot: kept.snapshot, record: kept.record, stages: kept.stages)
    }

    package func events(of run: RunID, after: Int) throws(JournalError) -> [JournaledEvent] {
        try known(run).lines.dropFirst(max(after, 0)).map { (line) throws(JournalError) in
            JournaledEvent(
                sequence: line.sequence, at: line.at, stage: line.stage, kind: line.kind, epoch: line.epoch,
                event: try line.event(), hash: line.hash)
        }
    }

    package func verify(_ run: RunID) throws(JournalError) -> [String] {
        let kept = try known(run)
        var chain = ChainCheck(against: kept.chain)
        for line in kept.lines { chain.look(at: line) }
        let findings = try chain.finish() + kept.planFindings()
        guard findings.isEmpty else { return findings }
        var records = RecordCheck(of: kept.record, stages: kept.stages)
        for line in kept.lines { records.look(at: try line.event(), at: line.at) }
        return records.finish()
    }
}

extension EventLine {
    fileprivate func event() throws(JournalError) -> RunEvent {
        do {
            return try JSONDecoder().decode(RunEvent.self, from: payload)
        } catch {
            throw JournalError(.tampered, "event \(sequence) (\(kind)) is not a valid event: \(error)")
        }
    }
}
