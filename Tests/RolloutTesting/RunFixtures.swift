internal import FoundationEssentials
package import RolloutEngine
package import Rollouts

extension RunID {
    package static let first = RunID(playbook: "safe-rollout", number: 1)
    package static let second = RunID(playbook: "safe-rollout", number: 2)
}

extension LeaseKey {
    /// The endpoint of ``Rollouts/Plan/sample(stages:first:)``.
    package static let sample = LeaseKey(backend: "simulated", endpoint: "shop")
}

extension Person {
    package static let ada = Person(name: "ada", host: "desk")
    package static let bob = Person(name: "bob", host: "desk")
}

extension Plan {
    /// Stages `stage-0`, `stage-1` and so on, of which the first waits for `first`.
    package static func sample(stages count: Int = 4, first: Interval = .zero, endpoint: Name = "shop") -> Plan {
        Plan(
            playbook: "safe-rollout", backend: "simulated", endpoint: endpoint, inputs: ["canary": .integer(10)],
            files: [.init(path: "safe-rollout.yml", digest: hexadecimalDigest(of: playbook))],
            stages: StageList(
                (0..<count).map { index in
                    Stage(
                        name: "stage-\(index)", action: index == 0 ? .wait(first) : .scale("blue", instanceCount: index)
                    )
                }))
    }

    fileprivate static let playbook = Data("name: safe-rollout\n".utf8)
}

extension PlanSnapshot {
    package static func sample(_ plan: Plan = .sample()) throws -> PlanSnapshot {
        PlanSnapshot(plan: plan, hash: try plan.hash(), contents: ["safe-rollout.yml": Plan.playbook])
    }
}

extension NewRun {
    package static func sample(
        _ id: RunID = .first, plan: Plan = .sample(), requests: [Request] = []
    ) throws -> NewRun {
        let snapshot = try PlanSnapshot.sample(plan)
        let record = RunRecord(
            id: id, backend: plan.backend, endpoint: plan.endpoint, planHash: snapshot.hash, starter: .ada,
            started: Timestamp(milliseconds: 1))
        return NewRun(
            snapshot: snapshot, record: record,
            stages: plan.stages.map { StageRecord(name: $0.name, action: $0.action.kind) },
            events: [
                StampedEvent(at: Timestamp(milliseconds: 1), stage: nil, event: .runStarted(record, inherited: []))
            ],
            requests: requests)
    }

    /// The commit by which a stage of the run succeeds, after those before it.
    package func success(of stage: Int) -> Commit {
        commit(
            of: (0...stage).map { stage in
                StampedEvent(
                    at: Timestamp(milliseconds: 20), stage: stage,
                    event: .stageSucceeded(observed: .absent, reason: nil, by: nil))
            })
    }

    /// The commit by which the run ends.
    package func end() -> Commit {
        commit(of: [
            StampedEvent(
                at: Timestamp(milliseconds: 50), stage: nil,
                event: .runEnded(.succeeded, reason: "done", observed: .absent))
        ])
    }

    /// The commit of the last of these events, after those before it.
    private func commit(of events: [StampedEvent]) -> Commit {
        var state = RunState(record: record, stages: stages)
        for event in events { state.apply(event) }
        let last = Array(events.suffix(1))
        let changed = last.compactMap(\.stage).map { ($0, state.stages[$0]) }
        return Commit(
            run: record.id, events: last, record: state.record, stages: Dictionary(uniqueKeysWithValues: changed))
    }
}

extension Request {
    package static func approval(by person: Person = .ada, stage: String = "stage-2") -> Request {
        Request(
            kind: .approve, stage: stage, planHash: "hash", by: person, at: Timestamp(milliseconds: 30), reason: "ok")
    }
}
