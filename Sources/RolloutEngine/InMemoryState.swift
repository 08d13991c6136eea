internal import FoundationEssentials
internal import Rollouts

/// The contents of a journal in memory.
///
/// A function that throws leaves the state unchanged.
struct InMemoryState: Sendable {
    struct Run: Sendable {
        let leaseKey: String
        var snapshot: PlanSnapshot
        var record: RunRecord
        var stages: [StageRecord]
        var chain: EventChain
        var lines: [EventLine] = []
        var requests: [StoredRequest] = []
    }

    /// A lease's state; it is kept after release so that epochs never decrease.
    private struct Holding: Sendable {
        var epoch: Int
        /// `nil` once released.
        var run: RunID?
        var process: Int
        var heartbeat: Timestamp
    }

    /// The process that makes a request, and when.
    struct Moment: Sendable {
        var process: Int
        var now: Timestamp
    }

    /// The journal's name in messages.
    private static let path = "the in-memory journal"

    let home = UUID().uuidString.lowercased()
    /// Oldest first.
    private(set) var runs: [Run] = []
    private var holdings: [String: Holding] = [:]
    private var processes = 0
    private var living: Set<Int> = []
    private let observations = EncodedValueCache<Observation>()
}

// MARK: - Processes

extension InMemoryState {
    /// Opens the journal for one more process.
    /// - Returns: The number of that process.
    mutating func open() -> Int {
        processes += 1
        living.insert(processes)
        return processes
    }

    mutating func close(_ process: Int) { living.remove(process) }

    func checkIsOpen(_ process: Int) throws(JournalError) {
        guard living.contains(process) else { throw JournalError(.cannotOpen, "\(Self.path) is closed") }
    }
}

// MARK: - Leases

extension InMemoryState {
    mutating func acquire(
        _ endpoint: LeaseKey, for run: RunID, takeOver: Bool, at moment: Moment
    ) throws(JournalError) -> Lease {
        if let holder = holder(of: endpoint.description, at: moment) {
            guard !holder.isAlive || (takeOver && holder.silent >= LeaseHolder.patience) else {
                throw .leased(by: holder)
            }
        }
        return try hold(endpoint, for: run, after: holdings[endpoint.description]?.epoch ?? 0, at: moment)
    }

    /// Leases the endpoint to a run of the requesting process, with the epoch after `last`.
    mutating func hold(
        _ endpoint: LeaseKey, for run: RunID, after last: Int, at moment: Moment
    ) throws(JournalError) -> Lease {
        let (epoch, isUsedUp) = last.addingReportingOverflow(1)
        guard !isUsedUp else { throw .lastEpoch(of: endpoint, in: Self.path) }
        holdings[endpoint.description] = Holding(
            epoch: epoch, run: run, process: moment.process, heartbeat: moment.now)
        return Lease(key: endpoint, run: run, epoch: epoch)
    }

    /// Throws ``JournalError/Code/fenced`` unless `lease` is the endpoint's newest and belongs to `run`.
    func checkHolds(_ lease: Lease, for run: RunID, at moment: Moment) throws(JournalError) {
        let key = lease.key.description
        guard let holding = holdings[key], holding.epoch == lease.epoch, holding.run == run else {
            throw .overtaken(run, under: lease, by: holder(of: key, at: moment))
        }
    }

    mutating func heartbeat(_ lease: Lease, at moment: Moment) {
        holdings[lease.key.description]?.heartbeat = moment.now
    }

    mutating func release(_ lease: Lease) { holdings[lease.key.description]?.run = nil }

    func holders(at moment: Moment) -> [LeaseHolder] {
        holdings.keys.sorted().compactMap { holder(of: $0, at: moment) }
    }

    private func holder(of key: String, at moment: Moment) -> LeaseHolder? {
        guard let holding = holdings[key], let run = holding.run else { return nil }
        return LeaseHolder(
            key: key, run: run, epoch: holding.epoch, process: holding.process, host: "memory",
            isAlive: living.contains(holding.process), silent: max(moment.now - holding.heartbeat, .zero))
    }
}

// MARK: - Runs

extension InMemoryState {
    func find(_ run: RunID) -> Run? { runs.last { $0.record.id == run } }

    func index(of run: RunID) throws(JournalError) -> Int {
        guard let index = runs.lastIndex(where: { $0.record.id == run }) else { throw .unknown(run, in: Self.path) }
        return index
    }

    func unfinishedRun(on endpoint: LeaseKey) -> RunID? {
        runs.first { $0.leaseKey == endpoint.description && !$0.record.status.isEnded }?.record.id
    }

    mutating func create(_ new: NewRun, under lease: Lease, at moment: Moment) throws(JournalError) {
        let id = new.record.id
        try checkHolds(lease, for: id, at: moment)
        guard find(id) == nil else { throw .exists(id, in: Self.path) }
        if let other = unfinishedRun(on: lease.key) { throw .unfinished(other, on: lease.key) }
        _ = try new.snapshot.filesByDigest()
        var run = Run(
            leaseKey: lease.key.description, snapshot: new.snapshot, record: new.record, stages: new.stages,
            chain: EventChain(of: id))
        run.lines = try lines(of: new.events, epoch: lease.epoch, after: &run.chain) { position in
            name(ofStageAt: position, in: new.stages)
        }
        for request in new.requests { _ = try keep(request, in: &run) }
        heartbeat(lease, at: moment)
        runs.append(run)
    }

    mutating func commit(_ commit: Commit, under lease: Lease, at moment: Moment) throws(JournalError) {
        try checkHolds(lease, for: commit.run, at: moment)
        let index = try index(of: commit.run)
        guard runs[index].leaseKey == lease.key.description else {
            throw .otherEndpoint(of: commit.run, having: runs[index].leaseKey, under: lease)
        }
        try append(commit, to: index, epoch: lease.epoch)
        heartbeat(lease, at: moment)
    }

    mutating func note(_ commit: Commit, of record: RunRecord, at moment: Moment) throws(JournalError) -> Bool {
        let index = try index(of: commit.run)
        guard holder(of: runs[index].leaseKey, at: moment)?.isAlive != true, runs[index].record == record else {
            return false
        }
        try append(commit, to: index, epoch: 0)
        return true
    }

    private mutating func append(_ commit: Commit, to index: Int, epoch: Int) throws(JournalError) {
        try runs[index].check(commit, in: Self.path)
        let requests = try runs[index].requests(after: commit)
        let adopted = commit.adopted?.records(changing: commit.stages, keeping: runs[index].stages)
        var chain = runs[index].chain
        let lines = try lines(of: commit.events, epoch: epoch, after: &chain) { position in
            commit.stages[position]?.name ?? name(ofStageAt: position, in: adopted ?? runs[index].stages)
        }
        if let adopted, let snapshot = commit.adopted {
            (runs[index].snapshot, runs[index].stages) = (snapshot, adopted)
        } else {
            for (position, stage) in commit.stages { runs[index].stages[position] = stage }
        }
        runs[index].record = commit.record
        runs[index].requests = requests
        runs[index].chain = chain
        runs[index].lines += lines
    }

    mutating func submit(
        _ request: Request, to run: RunID, validate: ([StoredRequest]) throws(JournalError) -> Void
    ) throws(JournalError) -> Request {
        let index = try index(of: run)
        try validate(runs[index].requests)
        return try keep(request, in: &runs[index])
    }

    /// Gives the request its number and its event; epoch 0 means that no runner wrote it.
    private func keep(_ request: Request, in run: inout Run) throws(JournalError) -> Request {
        var request = request
        request.number = run.requests.count + 1
        run.lines.append(
            try line(of: .requestMade(request), at: request.at, stage: request.stage, epoch: 0, after: &run.chain))
        run.requests.append(StoredRequest(request: request, isUsed: false))
        return request
    }

    private func lines(
        of events: [StampedEvent], epoch: Int, after chain: inout EventChain, name: (Int) -> String?
    ) throws(JournalError) -> [EventLine] {
        var lines: [EventLine] = []
        for event in events {
            let stage = event.stage.flatMap(name)
            lines.append(try line(of: event.event, at: event.at, stage: stage, epoch: epoch, after: &chain))
        }
        return lines
    }

    private func name(ofStageAt position: Int, in stages: [StageRecord]) -> String? {
        stages.indices.contains(position) ? stages[position].name : nil
    }

    private func line(
        of event: RunEvent, at time: Timestamp, stage: String?, epoch: Int, after chain: inout EventChain
    ) throws(JournalError) -> EventLine {
        do {
            return try chain.append(event, at: time, stage: stage, epoch: epoch, knowing: observations)
        } catch {
            throw JournalError(.inputOutput, "event \(event.kind) of run \(chain.run) cannot be encoded as JSON")
        }
    }
}

extension InMemoryState.Run {
    /// Throws unless the commit can be applied to the run.
    fileprivate func check(_ commit: Commit, in path: String) throws(JournalError) {
        if let adopted = commit.adopted {
            guard adopted.hash == commit.record.planHash else { throw .planMismatch(commit.run, in: path) }
            _ = try adopted.filesByDigest()
        } else if let position = commit.stages.keys.first(where: { !stages.indices.contains($0) }) {
            throw .noStage(at: position, of: commit.run, in: path)
        }
    }

    /// Returns the requests, with those that the commit uses marked as used.
    fileprivate func requests(after commit: Commit) throws(JournalError) -> [StoredRequest] {
        var requests = requests
        for number in commit.usedRequests {
            guard let index = requests.firstIndex(where: { $0.request.number == number && !$0.isUsed }) else {
                throw .notPending(number, of: commit.run)
            }
            requests[index].isUsed = true
        }
        return requests
    }

    /// Returns a finding if the plan does not match the hash in the record.
    func planFindings() throws(JournalError) -> [String] {
        let hash: String
        do {
            hash = try snapshot.plan.hash()
        } catch {
            throw JournalError(.tampered, "the plan of run \(record.id) cannot be encoded as JSON")
        }
        return hash == record.planHash
            ? []
            : ["a stage definition of \(record.id) was changed, added or deleted: the plan does not match its hash"]
    }
}
