import KubernetesEndpoints
import LocalEndpoints
import PlaybookSyntax
import RolloutEngine
import RolloutTesting
import Rollouts
import SimulatedEndpoints
import Testing

@testable import RolloutService

typealias Sample = SampleRun

extension RolloutService {
    /// A service with an empty journal of its own, or `journal`, and the backends that a test gives it.
    static func sample(
        _ caller: Person = Sample.ben, journal: any Journal = InMemoryJournal(),
        plugins: [any BackendPlugin] = [SimulatedPlugin(), LocalPlugin(serve: []), KubernetesPlugin()],
        workspace: Workspace = Workspace(home: "/no/home", state: "/no/state"), groups: Set<String> = [],
        notify: @escaping @Sendable (ServiceNotice) -> Void = { _ in }
    ) -> RolloutService {
        RolloutService(
            journal: journal, backends: BackendCatalog(plugins), workspace: workspace,
            caller: Caller(person: caller) { groups.contains($0) ? .member : .stranger }, notify: notify)
    }
}

@Suite("P8: decisions on gates") struct DecisionTests {
    private func subject(
        _ kind: Request.Kind = .approve, stage: String? = nil, by person: Person = Sample.ben,
        approvals: [Person] = []
    ) throws -> DecisionSubject {
        try RolloutService.sample(person).subject(of: kind, stage, in: Sample.waiting(approvals: approvals))
    }

    private func yes(_ person: Person = Sample.ben, fingerprint: String = "f00d") -> Request {
        Request(
            kind: .approve, stage: "cut-over", attempt: 1, planHash: "0123", fingerprint: fingerprint, by: person,
            at: Sample.start + .hours(1))
    }

    @Test("a decision is about the open gate and what was shown at it; ahead of a gate, about the plan alone")
    func binding() throws {
        let open = try subject()
        #expect(open.stage.name == "cut-over" && open.gate?.fingerprint == "f00d")
        #expect(open.evidence?.hasPrefix("traffic desired {blue: 90, green: 10}, actual {blue: 90, green: 10}") == true)
        let early = try subject(stage: "delete-blue")
        #expect(early.gate == nil && early.evidence == nil)
    }

    @Test("a stage that is done, has no gate or is not there, and a starter who is barred, are refused")
    func refusals() {
        for (stage, by) in [("scale", Sample.ben), ("nope", Sample.ben), ("delete-blue", Sample.ann)] {
            let error = #expect(throws: ServiceError.self) { try subject(stage: stage, by: by) }
            #expect(error?.code == .notPossible)
        }
    }

    @Test("the first no decides; the same person counts once; what the run used for an earlier gate does not count")
    func firstCounts() throws {
        let subject = try subject()
        func validate(_ request: Request, isUsed: Bool = false) throws {
            try subject.validate(.approve, by: Sample.ben, [StoredRequest(request: request, isUsed: isUsed)])
        }
        #expect(throws: JournalError.self) { try validate(yes()) }
        #expect(throws: Never.self) { try validate(yes(Sample.ann)) }
        var no = yes(Sample.ann)
        no.kind = .reject
        #expect(throws: JournalError.self) { try validate(no) }
        no.fingerprint = "another"
        #expect(throws: Never.self) { try validate(no, isUsed: true) }
    }

    @Test("what the run had used before counts for the gate before, also where this one opened in the same millisecond")
    func reopened() throws {
        var subject = try subject()
        var no = yes(Sample.ann)
        (no.kind, no.number, no.at) = (.reject, 3, try #require(subject.gate).opened)
        let kept = [StoredRequest(request: no, isUsed: true)]
        #expect(throws: JournalError.self) { try subject.validate(.approve, by: Sample.ben, kept) }
        subject.used = [3]
        #expect(throws: Never.self) { try subject.validate(.approve, by: Sample.ben, kept) }
    }

    @Test("a quorum that is full is a decision")
    func quorum() throws {
        let subject = try subject(.reject, by: Person(name: "eve", host: "vm"), approvals: [Sample.ann, Sample.ben])
        #expect(throws: JournalError.self) {
            try subject.validate(
                .reject, by: Person(name: "eve", host: "vm"), [StoredRequest(request: yes(), isUsed: true)])
        }
    }
}

@Suite struct EarlyApprovalsTests {
    @Test("all approves what the starter may, and says what is left to others")
    func all() throws {
        let approvals = try EarlyApprovals(["all"], in: Sample.plan, by: RolloutService.sample(Sample.ann).caller)
        #expect(approvals.stages == ["cut-over"])
        #expect(
            approvals.notes
                == [
                    "stage delete-blue is not approved in advance: the person who starts the run is not allowed to approve it"
                ])
    }

    @Test("a stage without a gate, an unknown one, and a gate that bars the starter are refused")
    func refusals() {
        for word in ["canary", "cutover", "delete-blue"] {
            #expect(throws: ServiceError.self) {
                try EarlyApprovals([word], in: Sample.plan, by: RolloutService.sample(Sample.ann).caller)
            }
        }
    }
}
