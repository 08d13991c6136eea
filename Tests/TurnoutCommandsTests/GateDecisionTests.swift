import RolloutEngine
import Rollouts
import Testing

@testable import TurnoutCommands

@Suite("P8: decisions on gates") struct GateDecisionTests {
    private func decision(_ kind: Request.Kind = .approve, stage: String? = nil, by: Person = Sample.ben)
        -> GateDecision
    {
        GateDecision(kind: kind, stage: stage, by: by)
    }

    @Test("a decision is bound to the plan, the attempt and the state that was shown")
    func binding() throws {
        let decision = decision()
        let request = decision.request(on: try decision.subject(in: Sample.waiting()), at: Sample.start)
        #expect(request.stage == "cut-over")
        #expect(request.attempt == 1)
        #expect(request.planHash == "0123")
        #expect(request.fingerprint == "f00d")
        #expect(request.at == Sample.gate().opened, "a clock behind the run's own does not date it before its gate")
        #expect(
            request.evidence?.hasPrefix("traffic wanted {blue: 90, green: 10}, actual {blue: 90, green: 10}") == true)
    }

    @Test("P9: a decision ahead of its gate is bound to the plan alone")
    func early() throws {
        let decision = decision(stage: "delete-blue")
        let request = decision.request(on: try decision.subject(in: Sample.waiting()), at: Sample.start)
        #expect(request.attempt == nil)
        #expect(request.fingerprint == nil)
        #expect(request.evidence == nil)
    }

    @Test("a stage that is done, has no gate or is not there, and a starter who is barred, are refused")
    func refusals() {
        for (stage, by) in [("scale", Sample.ben), ("nope", Sample.ben), ("delete-blue", Sample.ann)] {
            let decision = decision(stage: stage, by: by)
            #expect(throws: CommandFailure.self) { try decision.subject(in: Sample.waiting()) }
        }
    }

    @Test("the first no decides; the same person counts once; what the run used for an earlier gate does not count")
    func firstCounts() throws {
        let decision = decision()
        let subject = try decision.subject(in: Sample.waiting())
        var first = decision.request(on: subject, at: Sample.start + .hours(1))
        func kept(isUsed: Bool = false) -> [KeptRequest] { [KeptRequest(request: first, isUsed: isUsed)] }
        #expect(throws: JournalError.self) { try decision.validate(kept(), on: subject) }
        first.by = Sample.ann
        #expect(throws: Never.self) { try decision.validate(kept(), on: subject) }
        first.kind = .reject
        #expect(throws: JournalError.self) { try decision.validate(kept(), on: subject) }
        first.fingerprint = "another"
        #expect(throws: Never.self) { try decision.validate(kept(isUsed: true), on: subject) }
    }

    @Test("a quorum that is full is a decision")
    func quorum() throws {
        let decision = GateDecision(kind: .reject, by: Person(name: "eve", host: "vm"))
        let subject = try decision.subject(in: Sample.waiting(approvals: [Sample.ann, Sample.ben]))
        let yes = Request(
            kind: .approve, stage: "cut-over", attempt: 1, planHash: "0123", fingerprint: "f00d", by: Sample.ben,
            at: Sample.start + .hours(1))
        #expect(throws: JournalError.self) {
            try decision.validate([KeptRequest(request: yes, isUsed: true)], on: subject)
        }
    }
}

@Suite struct EarlyApprovalsTests {
    @Test("all approves what the starter may, and says what is left to others")
    func all() throws {
        let approvals = try EarlyApprovals(["all"], in: Sample.plan)
        #expect(approvals.stages == ["cut-over"])
        #expect(approvals.notes == ["stage delete-blue is left to others: it bars the person who started the run"])
    }

    @Test("a stage without a gate, an unknown one, and a gate that bars the starter are refused")
    func refusals() {
        for word in ["canary", "cutover", "delete-blue"] {
            #expect(throws: CommandFailure.self) { try EarlyApprovals([word], in: Sample.plan) }
        }
    }
}
