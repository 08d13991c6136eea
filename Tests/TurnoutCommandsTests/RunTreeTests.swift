internal import RolloutEngine
internal import RolloutTesting
internal import Rollouts
internal import Testing

@testable import TurnoutCommands

@Suite("A run's tree and report")
struct RunTreeTests {
    private static let start = Timestamp(milliseconds: 1_767_225_600_000)

    private static func record(_ change: (inout RunRecord) -> Void) -> RunRecord {
        var record = RunRecord(
            id: RunID(playbook: "safe-rollout", number: 3), backend: "simulated", endpoint: "houses",
            planHash: String(repeating: "a", count: 64), starter: Person(name: "ann", host: "desk"), started: start)
        record.latest = .present(.blueLive)
        change(&record)
        return record
    }

    private static let stages = [
        StageRecord(
            name: "define", action: .define, status: .succeeded, attempts: 1, started: start,
            ended: start + .minutes(12)),
        StageRecord(
            name: "mirror", action: .mirrorTraffic, status: .skipped, ended: start + .minutes(12),
            reason: "kubernetes does not mirror traffic"),
        StageRecord(
            name: "cut-over", action: .traffic, status: .waiting, attempts: 2, started: start + .minutes(12)),
        StageRecord(name: "delete-blue", action: .delete),
    ]

    private static let waiting = record {
        $0.status = .waiting
        $0.position = 2
        $0.reason = "stage cut-over waits for an approval"
        $0.phase = .waiting(ApprovalGate(opened: start, deadline: start + .hours(24), fingerprint: "f"))
    }

    private static func tree(
        _ record: RunRecord, _ stages: [StageRecord] = stages, approval: Approval? = nil, columns: Int = 80
    ) -> String {
        RunTree(
            situation: RunSituation(record: record, stages: stages, approval: approval), now: start + .minutes(20),
            style: .plain, columns: columns
        ).lines().joined(separator: "\n")
    }

    @Test("A run that waits shows its gate and what to type")
    func waits() throws {
        let approval = Approval(required: 2, instructions: "Look at the canary's evidence")
        try expectSnapshot(Self.tree(Self.waiting, approval: approval), "status-waiting")
    }

    @Test("A run that is held for drift shows every difference")
    func held() throws {
        var stages = Self.stages
        stages[2].status = .held
        let differences = [
            Difference(what: "traffic", expected: "{blue: 90, green: 10}", observed: "{blue: 50, green: 50}")
        ]
        let held = Self.record {
            $0.status = .held
            $0.position = 2
            $0.reason = "drift"
            $0.phase = .held(Hold(cause: .drift(differences), reason: "drift"))
            $0.latest = .present(
                .sample(
                    traffic: ["blue": 50, "green": 50],
                    deployments: [.init(definition: .blue), .init(definition: .green)]))
        }
        try expectSnapshot(Self.tree(held, stages), "status-held")
    }

    @Test("Of very many stages only those around the present one are shown")
    func manyStages() {
        let stages = (0..<10_000).map { StageRecord(name: "s\($0)", action: .wait) }
        let lines = Self.tree(Self.record { $0.position = 5000 }, stages).split(separator: "\n")
        #expect(lines.count < 40)
        #expect(lines.contains("  … 4988 earlier stages"))
        #expect(lines.contains { $0.hasPrefix("○ s5000") })
    }

    @Test("The report has every key, also those that are not known")
    func json() throws {
        let report = RunReport(RunSituation(record: Self.waiting, stages: Self.stages))
        try expectSnapshot(try JSONText.pretty(report), "status-json")
    }

    @Test("Every event is told in a sentence on one line")
    func sentences() {
        let observed = Observation.present(.blueLive)
        let intent = Intent(key: "k", before: observed)
        let person = Person(name: "ann", host: "desk")
        let attempt = Attempt(
            number: 2, deadline: Self.start, steps: [.change(.setTraffic(["green": 100]))], intent: intent)
        let events: [RunEvent] = [
            .runStarted(Self.waiting, inherited: []), .baselineObserved(observed), .attemptStarted(attempt),
            .stageSucceeded(observed: observed, reason: nil, by: person), .stageSkipped(reason: "no", by: nil),
            .runEnded(.rolledBack, reason: "stage canary failed", observed: observed),
        ]
        for event in events {
            #expect(!event.sentence.isEmpty)
            #expect(!event.sentence.contains("\n"))
            #expect(!event.sentence.hasSuffix("."))
        }
        #expect(events[2].sentence.contains("traffic {green: 100}"))
        #expect(events[5].sentence.hasPrefix("rolled back: stage canary failed"))
    }
}
