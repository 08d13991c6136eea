import PlaybookSyntax
import RolloutEngine
import RolloutTesting
import Rollouts
import SimulatedEndpoints
import Synchronization
import Testing

@testable import RolloutService

/// One team's rollouts without a front end: on simulated endpoints of a folder, in a journal in memory.
@Suite("The service by itself", .timeLimit(.minutes(2)))
struct ServiceTests {
    /// Who looks at a run, and what they do when an event comes.
    private final class Watcher: RunObserver {
        private let react: @Sendable (RunEvent) -> Void
        init(_ react: @escaping @Sendable (RunEvent) -> Void = { _ in }) { self.react = react }
        func begin(_ plan: Plan, _ state: RunState) {}
        func show(_ progress: Runner.Progress) {
            guard case .committed(let events, _) = progress else { return }
            for event in events { react(event.event) }
        }
        func output(_ line: String, of stage: String) {}
        func hear(_ notice: BackendNotice) {}
    }

    private func work(_ react: @escaping @Sendable (RunEvent) -> Void = { _ in }) -> WorkOptions {
        WorkOptions(observer: Watcher(react), waitsForPeople: false)
    }

    private func request(_ service: RolloutService) throws -> PlanRequest {
        PlanRequest(
            path: Repository.path + "/Playbooks/safe-rollout.yml",
            selection: try service.backends.selection(named: "simulated"))
    }

    private func service(_ person: Person, _ journal: any Journal, in folder: String) -> RolloutService {
        .sample(person, journal: journal, workspace: Workspace(home: folder, state: folder + "/state"))
    }

    @Test("a stock rollout ends well: started by one person, killed, resumed, approved by two")
    func rollout() async throws {
        try await withScratchFolder { folder in
            let journal = InMemoryJournal()
            let first = journal.openAgain()
            let ann = service(Sample.ann, first, in: folder)
            // The process dies in the middle of the canary: nothing of it is written any more.
            await #expect(throws: JournalError.self) {
                _ = try await ann.start(
                    try request(ann),
                    work {
                        if case .analysisStarted = $0 { try? first.close() }
                    })
            }
            let ben = service(Sample.ben, journal, in: folder)
            let run = RunID(playbook: "safe-rollout", number: 1)
            #expect(try ben.situation(of: run).runner == .dead)
            #expect(try ben.situation(of: run).nextSteps.first == .resume)
            let waiting = try await ben.resume(run, ResumeOptions(), work())
            #expect(waiting.record.status == .waiting && waiting.situation.stage == "cut-over")

            let made = try ben.decide(.approve, on: run, reason: "the canary is clean")
            #expect(made.stage == "cut-over" && !made.isEarly)
            #expect(throws: ServiceError.self) { _ = try ben.decide(.approve, on: run) }
            let cutOver = try await ben.takeUp(run, work())
            #expect(cutOver.situation.stage == "delete-blue")

            let annAgain = service(Sample.ann, journal, in: folder)
            _ = try annAgain.decide(.approve, on: run)
            let end = try await annAgain.takeUp(run, work())
            #expect(end.record.status == .succeeded, "\(end.record.reason ?? "")")
            #expect(end.record.latest.snapshot?.traffic.actual == ["green": 100])
            #expect(try annAgain.verify(nil).allSatisfy(\.holds))
            #expect(try annAgain.export(run).events.count > 50)
            #expect(try annAgain.runs().map(\.record.id) == [run])
        }
    }

    @Test("drift holds a run; restore brings the endpoint back, adopt leaves it and asks; an abort rolls back")
    func drift() async throws {
        try await withScratchFolder { folder in
            let journal = InMemoryJournal()
            let ann = service(Sample.ann, journal, in: folder)
            let selection = try ann.backends.selection(named: "simulated")
            func force(_ traffic: Traffic, of endpoint: Name) async throws {
                _ = try await ann.with(selection, .work) { session in
                    try await ann.change(endpoint, [.setTraffic(traffic)], on: session, selection, stage: "traffic")
                }
            }
            let start = try await ann.start(try request(ann), work())
            let (run, endpoint) = (start.record.id, start.record.endpoint)
            #expect(start.record.status == .waiting)

            try await force(["blue": 100], of: endpoint)
            #expect(try await ann.view(of: run).situation.drift.isEmpty == false)
            _ = try ann.decide(.approve, on: run)
            let held = try await ann.takeUp(run, work())
            #expect(held.record.status == .held && held.situation.nextSteps.prefix(2) == [.restore, .adopt])

            var restoring = ResumeOptions()
            restoring.restores = true
            let restored = try await ann.resume(run, restoring, work())
            #expect(restored.record.status == .waiting, "the approval was given on another endpoint")
            #expect(restored.record.latest.snapshot?.traffic.actual == ["blue": 90, "green": 10])

            try await force(["blue": 100], of: endpoint)
            _ = try ann.decide(.approve, on: run)
            #expect(try await ann.takeUp(run, work()).record.status == .held)
            var adopting = ResumeOptions()
            adopting.adopts = true
            let adopted = try await ann.resume(run, adopting, work())
            #expect(adopted.record.status == .waiting, "the gate asks anew what becomes of the stage")
            #expect(adopted.situation.nextSteps.first == .approve)
            #expect(adopted.record.latest.snapshot?.traffic.actual == ["blue": 100])

            guard case .end(let end) = try await ann.abort(run, reason: "enough", work()) else {
                Issue.record("nobody else works on the run")
                return
            }
            #expect(end.record.status == .aborted)
            #expect(throws: ServiceError.self) { _ = try ann.decide(.approve, on: run) }
        }
    }

    @Test("who looks at a run again and again opens its backend once, and once more where it did not answer")
    func looking() async throws {
        let (backend, journal) = (ScriptedBackend(), InMemoryJournal())
        var plan = Plan.sample()
        plan.backend = "scripted"
        var run = try NewRun.sample(plan: plan)
        run.record.latest = .absent
        let lease = try journal.acquireLease(on: run.record.leaseKey, for: .first, takeOver: false)
        try journal.create(run, under: lease)
        let viewer = RunViewer(.first, of: .sample(journal: journal, plugins: [ScriptedPlugin(backend)]))
        for _ in 0..<3 { #expect(try await viewer.view().unobservable == nil) }
        #expect(backend.edit { $0.openings } == 1)
        backend.edit { $0.blindness = BackendError(.unavailable, "the network is down") }
        #expect(try await viewer.view().unobservable == "the network is down")
        backend.edit { $0.blindness = nil }
        for _ in 0..<2 { #expect(try await viewer.view().unobservable == nil) }
        #expect(backend.edit { $0.openings } == 2)
        await viewer.close()
    }

    @Test("one process works on many runs at once, each on its own endpoint")
    func many() async throws {
        try await withScratchFolder { folder in
            let ann = service(Sample.ann, InMemoryJournal(), in: folder)
            let request = try request(ann)
            let ends = try await withThrowingTaskGroup(of: RunStatus.self) { group in
                for number in 1...4 {
                    var own = request
                    own.endpoint = Name("houses-\(number)")
                    group.addTask { [own] in
                        try await ann.start(own, with: StartOptions(approvals: ["all"]), work()).record.status
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(ends == Array(repeating: .succeeded, count: 4))
        }
    }

    @Test("what is refused says so as a value: code, message, and what to do instead")
    func refusals() async throws {
        try await withScratchFolder { folder in
            let ann = service(Sample.ann, InMemoryJournal(), in: folder)
            let none = try #require(throws: ServiceError.self) { try ann.runToShow(nil) }
            #expect(none.code == .notPossible && none.suggestions == [.start(playbook: nil)])
            let start = try await ann.start(try request(ann), work())
            let taken = try await #require(throws: ServiceError.self) {
                try await ann.start(try request(ann), work())
            }
            #expect(taken.code == .taken && taken.situation?.record.id == start.record.id)
            #expect(taken.situation?.nextSteps.first == .approve)
            let retry = try await #require(throws: ServiceError.self) { try await ann.retry(start.record.id, work()) }
            #expect(retry.code == .notPossible && retry.situation != nil)
        }
    }
}
