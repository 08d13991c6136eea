import Foundation
import RolloutEngine
import RolloutStatistics
import RolloutTesting
import Rollouts
import SQLiteJournal
import SimulatedEndpoints
import Synchronization

/// A journal and a simulated endpoint, for whole runs in one process.
struct RunnerFixture {
    enum JournalKind: CaseIterable {
        case memory
        /// In a scratch folder.
        case sqlite
    }

    let journal: any Journal
    let backend: SimulatedBackend
    let clock: VirtualClock
    static let endpoint = EndpointDefinition.sample.name
    static let key = LeaseKey(backend: "simulated", endpoint: endpoint)

    static func with<Result>(
        _ kind: JournalKind = .memory, _ body: (RunnerFixture) async throws -> Result
    ) async throws -> Result {
        let clock = VirtualClock(wall: .sample)
        switch kind {
        case .memory: return try await with(InMemoryJournal(clock: clock), clock, body)
        case .sqlite: return try await withFolder { try await with(SQLiteJournal(folder: $0), clock, body) }
        }
    }

    private static func withFolder<Result>(_ body: (String) async throws -> Result) async throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("turnout-\(UUID().uuidString)").path
        defer {
            do {
                try FileManager.default.removeItem(atPath: folder)
            } catch {
                print("left \(folder): \(error)")
            }
        }
        return try await body(folder)
    }

    private static func with<Result>(
        _ journal: any Journal, _ clock: VirtualClock, _ body: (RunnerFixture) async throws -> Result
    ) async throws -> Result {
        let backend = SimulatedBackend(store: MemoryStore(), clock: clock, settings: try SimulationSettings(.null))
        let result = try await body(RunnerFixture(journal: journal, backend: backend, clock: clock))
        try journal.close()
        return result
    }

    /// A new run, ready to be run under its lease.
    func create(_ stages: [Stage], approved: [String] = []) throws -> (RunMachine, Lease) {
        let plan = Plan(
            playbook: "safe", backend: "simulated", endpoint: Self.endpoint, stages: StageList(stages))
        let lease = try journal.acquireLease(
            on: Self.key, for: try journal.nextRunID(of: plan.playbook), takeOver: false)
        let launcher = RunLauncher(
            journal: journal, starter: Person(name: "ada", host: "desk"), now: clock.now())
        let snapshot = PlanSnapshot(plan: plan, hash: try plan.hash(), contents: [:])
        return (try launcher.create(snapshot, approved: approved, under: lease), lease)
    }

    /// The run as another process would find it.
    func load(_ run: RunID) throws -> RunMachine {
        let stored = try journal.load(run)
        return RunMachine(plan: stored.snapshot.plan, state: RunState(record: stored.record, stages: stored.stages))
    }

    func runner(
        under lease: Lease, journal: (any Journal)? = nil, backend: (any Backend)? = nil,
        command: @escaping @Sendable (Command) async -> String? = { _ in nil },
        observer: @escaping @Sendable (Runner.Progress) -> Void = { _ in }
    ) -> Runner {
        Runner(
            journal: journal ?? self.journal, backend: backend ?? self.backend, clock: clock, lease: lease,
            waitsForPeople: false, runCommand: command, readSignal: { _ in .missing("nobody is asked") },
            observer: observer)
    }

    /// The changes that had an effect, in order.
    var effects: [Change] {
        get throws { try backend.history(of: Self.endpoint).filter(\.hadEffect).map(\.change) }
    }

    static let safeRollout: [Stage] = [
        Stage(name: "define", action: .define(.sample, deployment: .blue, allTraffic: true)),
        Stage(name: "deploy", action: .deploy(.green)),
        Stage(
            name: "test",
            action: .invoke(Invocation(deployment: "green", request: .sample, times: 3, expect: .init(json: [:])))),
        Stage(name: "mirror", action: .mirrorTraffic(["green": 10]), bake: .seconds(20)),
        Stage(name: "canary", action: .traffic(["blue": 90, "green": 10]), bake: .seconds(30)),
        Stage(name: "announce", action: .run(Command(words: ["announce"]))),
        Stage(name: "cut-over", action: .traffic(["green": 100]), approval: Approval()),
        Stage(name: "delete", action: .deleteDeployment("blue"), approval: Approval()),
    ]
}

/// A journal whose commits fail from one on, as a full disk makes them.
final class FailingJournal: Journal {
    private let journal: any Journal
    private let limit: Int
    private let count = Mutex(0)
    private let error: JournalError

    init(_ journal: any Journal, failingAfter commits: Int, with error: JournalError) {
        self.journal = journal
        self.limit = commits
        self.error = error
    }

    /// How many were tried.
    var commits: Int { count.withLock { $0 } }

    func commit(_ commit: Commit, under lease: Lease) throws(JournalError) {
        let number = count.withLock { count in
            count += 1
            return count
        }
        if number > limit { throw error }
        try journal.commit(commit, under: lease)
    }

    func note(_ commit: Commit, of record: RunRecord) throws(JournalError) -> Bool {
        try journal.note(commit, of: record)
    }
    func nextRunID(of playbook: String) throws(JournalError) -> RunID { try journal.nextRunID(of: playbook) }
    func acquireLease(on endpoint: LeaseKey, for run: RunID, takeOver: Bool) throws(JournalError) -> Lease {
        try journal.acquireLease(on: endpoint, for: run, takeOver: takeOver)
    }
    func heartbeat(_ lease: Lease) throws(JournalError) { try journal.heartbeat(lease) }
    func release(_ lease: Lease) throws(JournalError) { try journal.release(lease) }
    func raise(_ lease: Lease, above seen: Int) throws(JournalError) -> Lease { try journal.raise(lease, above: seen) }
    func leases() throws(JournalError) -> [LeaseHolder] { try journal.leases() }
    func create(_ run: NewRun, under lease: Lease) throws(JournalError) { try journal.create(run, under: lease) }
    func unfinishedRun(on endpoint: LeaseKey) throws(JournalError) -> RunID? { try journal.unfinishedRun(on: endpoint) }
    func submit(_ request: Request, to run: RunID, validate: ([StoredRequest]) throws(JournalError) -> Void)
        throws(JournalError) -> Request
    { try journal.submit(request, to: run, validate: validate) }
    func pendingRequests(of run: RunID) throws(JournalError) -> [Request] { try journal.pendingRequests(of: run) }
    func requests(of run: RunID) throws(JournalError) -> [StoredRequest] { try journal.requests(of: run) }
    func home() throws(JournalError) -> String { try journal.home() }
    func runIDs() throws(JournalError) -> [RunID] { try journal.runIDs() }
    func runIDs(in status: RunStatus) throws(JournalError) -> [RunID] { try journal.runIDs(in: status) }
    func runs() throws(JournalError) -> [RunRecord] { try journal.runs() }
    func record(of run: RunID) throws(JournalError) -> RunRecord { try journal.record(of: run) }
    func stages(of run: RunID) throws(JournalError) -> [StageRecord] { try journal.stages(of: run) }
    func load(_ run: RunID) throws(JournalError) -> StoredRun { try journal.load(run) }
    func events(of run: RunID, after: Int) throws(JournalError) -> [JournaledEvent] {
        try journal.events(of: run, after: after)
    }
    func close() throws(JournalError) { try journal.close() }
    func verify(_ run: RunID) throws(JournalError) -> [String] { try journal.verify(run) }
}
