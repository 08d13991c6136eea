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

    @Test("A gate that enough people have said yes to asks for resume, not for another approval")
    func decided() throws {
        let run = Sample.waiting(approvals: [Sample.ann])
        let yes = GateDecision(kind: .approve, stage: nil, by: Sample.ben, reason: "fine")
        let kept = [
            KeptRequest(request: yes.request(on: try yes.subject(in: run), at: Sample.start), isUsed: false)
        ]
        let approval = run.snapshot.plan.stages[2].approval
        let record = run.record.counting(kept, stages: run.stages, approval: approval)
        let decided = KeptDecisions(kept, of: record, stages: run.stages, approval: approval)
        #expect(decided.letsGoOn)
        #expect(decided.words(on: "cut-over", isPresent: true) == ["approved by ben@vm (fine), not used yet"])
        #expect(NextCommand(record, isLive: false, decided: decided).text == "turnout resume demo-1")
        #expect(NextCommand(record, isLive: true, decided: decided).text == "turnout status demo-1 --watch")
        let report = RunReport(
            record: record, stages: run.stages, approval: approval, isLive: false, decided: decided)
        #expect(report.next == "turnout resume demo-1" && report.decisions.map(\.by) == ["ben@vm"])
        let first = KeptDecisions(kept, of: Sample.waiting().record, stages: run.stages, approval: approval)
        #expect(!first.letsGoOn && first.requests.count == 1)
    }

    @Test("A no, a skip and an abort let a run go on; what is said of a later stage does not, and is shown there")
    func others() throws {
        let run = Sample.waiting()
        func kept(_ kind: Request.Kind, _ stage: String?) -> [KeptRequest] {
            [
                KeptRequest(
                    request: Request(
                        kind: kind, stage: stage, planHash: "0123", by: Sample.ben, at: Sample.start), isUsed: false)
            ]
        }
        func decided(_ kept: [KeptRequest]) -> KeptDecisions {
            KeptDecisions(kept, of: run.record, stages: run.stages, approval: run.snapshot.plan.stages[2].approval)
        }
        for request in [kept(.reject, "cut-over"), kept(.skip, "cut-over"), kept(.abort, nil)] {
            #expect(decided(request).letsGoOn)
        }
        let early = decided(kept(.approve, "delete-blue"))
        #expect(!early.letsGoOn && early.words(on: "delete-blue", isPresent: false).count == 1)
        #expect(decided(kept(.approve, "scale")).requests.isEmpty)
        #expect(decided(kept(.retry, nil)).requests.isEmpty)
    }
}
