import RolloutEngine
import Rollouts
import Testing

@testable import TurnoutCommands
import RolloutTesting

@Suite("Approvals that are kept, and not counted yet")
struct KeptApprovalTests {
    private static func yes(_ reason: String?) -> Request {
        Request(
            kind: .approve, stage: "cut-over", attempt: 1, planHash: "0123", fingerprint: "f00d", by: Sample.ben,
            at: Sample.start + .hours(1), reason: reason)
    }

    @Test("Each person's yes to the open gate is shown as given; no other request is")
    func counting() throws {
        let run = Sample.waiting()
        let request = Self.yes(nil)
        var other = request
        other.stage = "delete-blue"
        other.by = Sample.ann
        let situation = situation(run, [request, request, other].map { StoredRequest(request: $0, isUsed: false) })
        #expect(situation.waitingFor?.contains("(1 of 2 given)") == true)
    }

    private func situation(_ run: StoredRun, _ kept: [StoredRequest], runner: RunnerState = .stopped) -> RunSituation {
        RunSituation(
            of: RunState(record: run.record, stages: run.stages), run.snapshot.plan, kept, runner: runner, person: nil,
            isMember: { _ in false }, now: Sample.start, isNewest: true)
    }

    @Test("A gate that enough people have said yes to asks for resume, not for another approval")
    func decided() throws {
        let run = Sample.waiting(approvals: [Sample.ann])
        let kept = [StoredRequest(request: Self.yes("fine"), isUsed: false)]
        let stopped = situation(run, kept)
        #expect(stopped.decided.allowsContinuing)
        #expect(
            stopped.decided.words(on: "cut-over", isPresent: true) == ["approved by ben@vm (fine), pending"])
        #expect(NextCommand(stopped).text == "turnout resume demo-1")
        #expect(NextCommand(situation(run, kept, runner: .working)).text == "turnout status demo-1 --watch")
        let report = RunReport(stopped)
        #expect(report.next == "turnout resume demo-1" && report.decisions.map(\.by) == ["ben@vm"])
        let first = situation(Sample.waiting(), kept).decided
        #expect(!first.allowsContinuing && first.requests.count == 1)
    }

    @Test("A no, a skip and an abort let a run go on; what is said of a later stage does not, and is shown there")
    func others() throws {
        let run = Sample.waiting()
        func kept(_ kind: Request.Kind, _ stage: String?) -> [StoredRequest] {
            [
                StoredRequest(
                    request: Request(
                        kind: kind, stage: stage, planHash: "0123", by: Sample.ben, at: Sample.start), isUsed: false)
            ]
        }
        func decided(_ kept: [StoredRequest]) -> PendingDecisions {
            PendingDecisions(kept, of: run.record, stages: run.stages, approval: run.snapshot.plan.stages[2].approval)
        }
        for request in [kept(.reject, "cut-over"), kept(.skip, "cut-over"), kept(.abort, nil)] {
            #expect(decided(request).allowsContinuing)
        }
        let early = decided(kept(.approve, "delete-blue"))
        #expect(!early.allowsContinuing && early.words(on: "delete-blue", isPresent: false).count == 1)
        #expect(decided(kept(.approve, "scale")).requests.isEmpty)
        #expect(decided(kept(.retry, nil)).requests.isEmpty)
    }
}
