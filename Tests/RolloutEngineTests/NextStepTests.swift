import Rollouts
import Testing

@testable import RolloutEngine

@Suite("Next steps")
struct NextStepTests {
    private static let person = Person(name: "a person", host: "anywhere")

    /// What distinguishes states to a person: the status, and what the run is doing or held for.
    private func kind(of record: RunRecord) -> String {
        var words = "\(record.phase)".prefix { $0 != "(" }
        if case .held(let hold) = record.phase { words += " " + "\(hold.cause)".prefix { $0 != "(" } }
        if case .waiting(let gate) = record.phase, gate.expired != nil { words += " expired" }
        if case .rollingBack(let rollBack) = record.phase { words += " \(rollBack.purpose)" }
        return "\(record.status) \(words)"
    }

    @Test("P21 in every state that a run can come to, the run takes every step that is offered")
    func everyState() throws {
        var plan = Plan.safeRollout
        var stages = Array(plan.stages)
        stages[3].onFailure = .hold
        stages[6].approval = Approval(required: 2, timeout: .hours(1), onTimeout: .hold)
        plan.stages = StageList(stages)
        let check = ExhaustiveCheck(plan: plan, kind: .managed)
        let start = try #require(check.startingPoints.last)
        var exploration = check.exploration(from: start)
        var states: [String: Set<NextStep>] = [:]
        while let index = exploration.next() {
            let world = try #require(exploration.world(index))
            let state = world.committed.machine.state
            let record = state.record
            let situation = RunSituation(
                of: state, plan, [], runner: .stopped, person: Self.person, isMember: { _ in true },
                now: Timestamp(milliseconds: 0), isNewest: true)
            for step in situation.nextSteps {
                var after = world
                after.crash()
                // A run that was all but over ends when it is taken up, whatever it is asked.
                guard let request = step.request, !after.machine.record.status.isEnded else { continue }
                let taken = after.offer(
                    Request(
                        number: 1, kind: request, stage: situation.stage, planHash: record.planHash, by: Self.person,
                        at: after.now), at: after.now)
                #expect(taken, "\(step) in \(kind(of: record))")
            }
            states[kind(of: record), default: []].formUnion(situation.nextSteps)
            _ = exploration.visit(index)
        }
        for cause in ["failed", "timedOut", "unknown", "rollBackFailed"] {
            #expect(states.keys.contains("held held \(cause)"), "\(states.keys.sorted())")
        }
        #expect(states["waiting waiting"]?.contains(.approve) == true)
        #expect(states["waiting waiting expired"] == [.resume, .abort])
        #expect(states["succeeded ended"] == [])
        #expect(states["rolledBack ended"] == [.fork(from: nil)])
    }
}
