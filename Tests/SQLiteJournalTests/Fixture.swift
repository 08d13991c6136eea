import FoundationEssentials
import GRDB
import RolloutEngine
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

// MARK: - Values

let endpoint: Name = "shop"
let key = LeaseKey(backend: "simulated", endpoint: endpoint)
let ada = Person(name: "ada", host: "desk")
let run1 = RunID(playbook: "safe-rollout", number: 1)
let run2 = RunID(playbook: "safe-rollout", number: 2)

func plan(stages count: Int = 4, first: Interval = .zero) -> Plan {
    let file = Data("name: safe-rollout\n".utf8)
    return Plan(
        playbook: "safe-rollout", backend: "simulated", endpoint: endpoint, inputs: ["canary": .integer(10)],
        files: [.init(path: "safe-rollout.yml", digest: hexadecimalDigest(of: file))],
        stages: StageList(
            (0..<count).map { index in
                Stage(name: "stage-\(index)", action: index == 0 ? .wait(first) : .scale("blue", instanceCount: index))
            }))
}

func snapshot(_ plan: Plan) throws -> PlanSnapshot {
    PlanSnapshot(
        plan: plan, hash: try plan.hash(), contents: ["safe-rollout.yml": Data("name: safe-rollout\n".utf8)])
}

func newRun(_ id: RunID = run1, plan: Plan = plan(), requests: [Request] = []) throws -> NewRun {
    let snapshot = try snapshot(plan)
    let record = RunRecord(
        id: id, backend: plan.backend, endpoint: plan.endpoint, planHash: snapshot.hash, starter: ada,
        started: Timestamp(milliseconds: 1))
    return NewRun(
        snapshot: snapshot, record: record,
        stages: plan.stages.map { StageRecord(name: $0.name, action: $0.action.kind) },
        events: [StampedEvent(at: Timestamp(milliseconds: 1), stage: nil, event: .runStarted(record, inherited: []))],
        requests: requests)
}

/// The commit by which a stage of the run succeeds, after those before it.
func success(of stage: Int, _ run: NewRun) -> Commit {
    var state = RunState(record: run.record, stages: run.stages)
    var events: [StampedEvent] = []
    for stage in 0...stage {
        events = [
            StampedEvent(
                at: Timestamp(milliseconds: 20), stage: stage,
                event: .stageSucceeded(observed: .absent, reason: nil, by: nil))
        ]
        state.apply(events[0])
    }
    return Commit(run: run.record.id, events: events, record: state.record, stages: [stage: state.stages[stage]])
}

func approval(by person: Person = ada, stage: String = "stage-2") -> Request {
    Request(kind: .approve, stage: stage, planHash: "hash", by: person, at: Timestamp(milliseconds: 30), reason: "ok")
}
