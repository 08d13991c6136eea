import RolloutEngine
import Rollouts
import Testing

@testable import TurnoutCommands

@Suite("Approvals that are kept, and not counted yet")
struct KeptApprovalTests {
    @Test("Each person's yes to the open gate is shown as given; no other request is")
    func counting() throws {
        let run = Sample.waiting()
        let yes = GateDecision(kind: .approve, stage: nil, by: Sample.ben, reason: nil)
        let request = yes.request(on: try yes.subject(in: run), at: Sample.start)
        var other = request
        other.stage = "delete-blue"
        other.by = Sample.ann
        let kept = [request, request, other].map { KeptRequest(request: $0, isUsed: false) }
        let approval = run.snapshot.plan.stages[2].approval
        let record = run.record.counting(kept, stages: run.stages, approval: approval)
        #expect(record.waitingFor(stage: "cut-over", approval: approval)?.contains("(1 of 2 given)") == true)
    }
}
