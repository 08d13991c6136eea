import Foundation
import PlaybookSyntax
import RolloutEngine
import RolloutTesting
import Rollouts
import Testing

@testable import RolloutService

@Suite struct TextDifferenceTests {
    @Test("what was replaced is shown with three lines around it")
    func hunk() {
        let old = (1...12).map { "line \($0)" }.joined(separator: "\n")
        let new = old.replacing("line 6", with: "line six")
        let difference = TextDifference(from: old, to: new, oldName: "a", newName: "b")
        #expect(
            difference.lines == [
                "--- a", "+++ b", "@@ -3,7 +3,7 @@", " line 3", " line 4", " line 5", "-line 6", "+line six", " line 7",
                " line 8", " line 9",
            ])
    }

    @Test("equal texts differ in nothing; a last line break is no difference")
    func equal() {
        #expect(TextDifference(from: "a\nb\n", to: "a\nb", oldName: "a", newName: "b").lines.isEmpty)
    }
}

@Suite struct PlanBindingTests {
    @Test(
        "a hash of 12 digits or more, @ and a fingerprint",
        arguments: [
            ("0123456789ab@absent", true), ("0123@absent", false), ("0123456789ab", false), ("0123456789ab@", false),
            ("0123456789xy@f", false),
        ])
    func parsing(text: String, isBinding: Bool) { #expect((PlanBinding(text) != nil) == isBinding) }
}

@Suite struct AdoptionTests {
    private func edited(_ change: (inout [Stage]) -> Void) -> PlanSnapshot {
        var plan = Sample.plan
        var stages = Array(plan.stages)
        change(&stages)
        plan.stages = StageList(stages)
        return PlanSnapshot(plan: plan, hash: "4567", contents: [:])
    }

    private var state: RunState { RunState(record: Sample.waiting().record, stages: Sample.stages) }

    @Test("P7: what is done cannot change")
    func done() {
        let new = edited { $0[1].bake = .minutes(5) }
        #expect(throws: ServiceError.self) { try Adoption(new, of: Sample.plan, at: state) }
    }

    @Test("P7: what is still ahead may, and its record begins anew")
    func ahead() throws {
        let new = edited { stages in
            stages[2].bake = .minutes(1)
            stages[3] = Stage(name: "keep-blue", action: .wait(.hours(1)))
        }
        let adoption = try Adoption(new, of: Sample.plan, at: state)
        #expect(adoption.stages.map(\.name) == ["scale", "canary", "cut-over", "keep-blue"])
        #expect(adoption.stages.prefix(3) == Sample.stages.prefix(3))
        #expect(
            adoption.differences == [
                "stage delete-blue is removed", "stage keep-blue is new", "stage cut-over is changed",
            ])
    }
}

@Suite("Forks by retry")
struct RetryTests {
    private func plan(_ change: (inout [Stage]) -> Void) -> Plan {
        var plan = Sample.plan
        var stages = Array(plan.stages)
        change(&stages)
        plan.stages = StageList(stages)
        return plan
    }

    private func refusal(of new: Plan, parent: StoredRun = Sample.waiting(), before first: Int = 2) throws
        -> ServiceError?
    {
        do throws(ServiceError) {
            try RolloutService.sample().refuseChanges(in: new, since: parent, before: first)
            return nil
        } catch {
            return error
        }
    }

    private static func fork(from stage: String) -> [Suggestion] {
        [.step(.forkEdited(from: stage), of: RunID(playbook: "demo", number: 1))]
    }

    @Test("a stage that counts as done and has changed is refused, with the command that begins with it and is not")
    func changed() throws {
        let new = plan { $0[1].bake = .minutes(5) }
        #expect(try refusal(of: new)?.suggestions == Self.fork(from: "canary"))
        #expect(try refusal(of: new, before: 1) == nil)
    }

    @Test("a stage of another name is begun before; where nothing is before, there is no fork")
    func renamed() throws {
        let new = plan { $0[1].name = "canaries" }
        #expect(try refusal(of: new)?.suggestions == Self.fork(from: "scale"))
        #expect(try refusal(of: new, before: 0) == nil)
        #expect(
            try refusal(of: plan { $0[0].name = "grow" })?.suggestions == [.start(playbook: "demo", on: "simulated")])
    }

    @Test("a fork does not begin behind what was taken back")
    func takenBack() throws {
        var parent = Sample.waiting()
        parent.stages[0].status = .rolledBack
        var old = parent.snapshot.plan
        old.stages = StageList(
            [old.stages[0], Stage(name: "canary", action: .scale("green", instanceCount: 2))] + old.stages.dropFirst(2))
        parent.snapshot = PlanSnapshot(plan: old, hash: "0123", contents: [:])
        #expect(try refusal(of: Sample.plan, parent: parent)?.suggestions == Self.fork(from: "scale"))
    }

    @Test("approvals that the parent was given ahead of time are told, unless they are given again")
    func approvals() {
        func request(_ stage: String, shown: String? = nil) -> StoredRequest {
            StoredRequest(
                request: Request(
                    kind: .approve, stage: stage, planHash: "0123", fingerprint: shown, by: Sample.ann, at: Sample.start
                ),
                isUsed: false)
        }
        let kept = [request("cut-over"), request("delete-blue")]
        #expect(RolloutService.dropped(kept, in: Sample.plan, from: 1, given: []) == ["cut-over", "delete-blue"])
        #expect(RolloutService.dropped(kept, in: Sample.plan, from: 1, given: ["cut-over"]) == ["delete-blue"])
        #expect(RolloutService.dropped(kept, in: Sample.plan, from: 3, given: []) == ["delete-blue"])
        #expect(RolloutService.dropped([request("cut-over", shown: "f")], in: Sample.plan, from: 0, given: []).isEmpty)
    }
}
