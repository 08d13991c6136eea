package import RolloutEngine
package import Rollouts

/// A run of four stages that has come to its gate.
package enum SampleRun {
    package static let start = Timestamp(milliseconds: 1_795_388_400_000)  // 2026-11-22 23:00:00
    package static let ann = Person(name: "ann", host: "vm")
    package static let ben = Person(name: "ben", host: "vm")

    package static let plan = Plan(
        playbook: "demo", backend: "simulated", endpoint: "houses",
        stages: [
            Stage(name: "scale", action: .scale("blue", instanceCount: 2)),
            Stage(name: "canary", action: .traffic(["blue": 90, "green": 10]), bake: .minutes(30)),
            Stage(
                name: "cut-over", action: .traffic(["green": 100]),
                approval: Approval(required: 2, instructions: "Look at the canary's evidence")),
            Stage(name: "delete-blue", action: .deleteDeployment("blue"), approval: Approval(starterMayApprove: false)),
        ])

    package static func record(_ phase: Phase, _ status: RunStatus, position: Int = 2) -> RunRecord {
        var record = RunRecord(
            id: RunID(playbook: "demo", number: 1), backend: "simulated", endpoint: "houses", planHash: "0123",
            starter: ann, started: start)
        record.phase = phase
        record.status = status
        record.position = position
        record.latest = .present(
            .sample(
                traffic: ["blue": 90, "green": 10], deployments: [.init(definition: .blue), .init(definition: .green)]))
        return record
    }

    package static var stages: [StageRecord] {
        [
            StageRecord(
                name: "scale", action: .scale, status: .succeeded, attempts: 1, started: start,
                ended: start + .minutes(2)),
            StageRecord(
                name: "canary", action: .traffic, status: .succeeded, attempts: 1, started: start + .minutes(2),
                ended: start + .minutes(33)),
            StageRecord(name: "cut-over", action: .traffic, status: .waiting, started: start + .minutes(33)),
            StageRecord(name: "delete-blue", action: .delete),
        ]
    }

    package static func gate(approvals: [Person] = []) -> ApprovalGate {
        ApprovalGate(
            opened: start + .minutes(33), deadline: start + .hours(24), fingerprint: "f00d", approvals: approvals)
    }

    package static func waiting(approvals: [Person] = []) -> StoredRun {
        StoredRun(
            snapshot: PlanSnapshot(plan: plan, hash: "0123", contents: [:]),
            record: record(.waiting(gate(approvals: approvals)), .waiting), stages: stages)
    }
}
