import RolloutEngine
import RolloutTesting
import Rollouts
import SimulatedEndpoints
import Synchronization
import Testing

@Suite("Runner", .timeLimit(.minutes(1)))
struct RunnerTests {
    @Test(
        "a whole rollout, approved ahead of time, ends with green live and blue gone",
        arguments: RunnerFixture.JournalKind.allCases)
    func wholeRun(_ journal: RunnerFixture.JournalKind) async throws {
        try await RunnerFixture.with(journal) { fixture in
            var (machine, lease) = try fixture.create(
                RunnerFixture.safeRollout, approved: ["cut-over", "delete"])
            let outcome = try await fixture.runner(under: lease).run(&machine)
            #expect(outcome == .stopped)
            #expect(machine.record.reason == "all stages are done")
            #expect(try fixture.journal.record(of: lease.run).status == .succeeded)
            let endpoint = try fixture.backend.observe(RunnerFixture.endpoint)
            #expect(endpoint?.traffic == DesiredAndActual(["green": 100]))
            #expect(endpoint?.deployments.map(\.name) == ["green"])
            #expect(try fixture.journal.verify(lease.run).isEmpty)
            let stored = try fixture.journal.load(lease.run)
            #expect(stored.stages == machine.stages)
        }
    }

    @Test("folding the journal's events gives what its tables hold")
    func fold() async throws {
        try await RunnerFixture.with { fixture in
            var (machine, lease) = try fixture.create(RunnerFixture.safeRollout, approved: ["cut-over"])
            var state = machine.state
            _ = try await fixture.runner(under: lease).run(&machine)
            for line in try fixture.journal.events(of: lease.run, after: 0) {
                let position = line.stage.flatMap { name in state.stages.firstIndex { $0.name == name } }
                state.apply(StampedEvent(at: line.at, stage: position, event: line.event))
            }
            let record = try fixture.journal.record(of: lease.run)
            let stages = try fixture.journal.stages(of: lease.run)
            #expect(state.stages == stages)
            #expect(state.record.phase == record.phase)
            #expect(state.record.status == record.status)
            #expect(state.record.expected == record.expected)
        }
    }

    @Test("P9 a decision given early is kept and used exactly once, by whichever process comes to its gate")
    func earlyDecision() async throws {
        try await RunnerFixture.with { fixture in
            var (machine, lease) = try fixture.create(RunnerFixture.safeRollout, approved: ["delete"])
            #expect(try await fixture.runner(under: lease).run(&machine) == .waiting)
            try fixture.journal.release(lease)
            let hash = machine.record.planHash
            _ = try fixture.journal.submit(
                Request(
                    kind: .approve, stage: "cut-over", planHash: hash, by: Person(name: "bob", host: "desk"),
                    at: fixture.clock.now()), to: lease.run, validate: { _ in })
            var resumed = try fixture.load(lease.run)
            let second = try fixture.journal.acquireLease(on: RunnerFixture.key, for: lease.run, takeOver: false)
            #expect(try await fixture.runner(under: second).run(&resumed) == .stopped)
            #expect(resumed.record.status == .succeeded)
            let requests = try fixture.journal.requests(of: lease.run)
            #expect(requests.count == 2)
            #expect(requests.filter(\.isUsed).count == 2)
            #expect(try fixture.journal.pendingRequests(of: lease.run).isEmpty)
        }
    }

    @Test("P14 when the journal cannot be written, nothing is done any more, and resuming loses and repeats nothing")
    func fullDisk() async throws {
        let noSpace = JournalError(.noSpace, "no space")
        let (expected, total) = try await RunnerFixture.with { fixture in
            var (machine, lease) = try fixture.create(RunnerFixture.safeRollout, approved: ["cut-over", "delete"])
            let counting = FailingJournal(fixture.journal, failingAfter: .max, with: noSpace)
            _ = try await fixture.runner(under: lease, journal: counting).run(&machine)
            return (try fixture.effects, counting.commits)
        }
        var held = 0
        for commits in 0..<total {
            try await RunnerFixture.with { fixture in
                let programs = Mutex(0)
                let command: @Sendable (Command) -> String? = { _ in
                    programs.withLock { $0 += 1 }
                    return nil
                }
                var (machine, lease) = try fixture.create(
                    RunnerFixture.safeRollout, approved: ["cut-over", "delete"])
                let failing = FailingJournal(fixture.journal, failingAfter: commits, with: noSpace)
                let error = await #expect(throws: JournalError.self, "after \(commits) commits") {
                    _ = try await fixture.runner(under: lease, journal: failing, command: command).run(&machine)
                }
                #expect(error?.code == .noSpace)
                let done = try fixture.effects
                #expect(done == Array(expected.prefix(done.count)))
                let hasRun = programs.withLock { $0 } == 1
                var resumed = try fixture.load(lease.run)
                let isRecorded = resumed.stages.contains { $0.name == "announce" && $0.status == .succeeded }
                #expect(try await fixture.runner(under: lease, command: command).run(&resumed) == .stopped)
                // Whether a program ended whose end was not recorded, a person must say.
                #expect((resumed.record.status == .held) == (hasRun && !isRecorded), "after \(commits) commits")
                if resumed.record.status == .held {
                    held += 1
                    _ = try fixture.journal.submit(
                        Request(
                            kind: .succeed, stage: "announce", planHash: resumed.record.planHash,
                            by: Person(name: "bob", host: "desk"), at: fixture.clock.now(), reason: "it had run"),
                        to: lease.run, validate: { _ in })
                    #expect(try await fixture.runner(under: lease, command: command).run(&resumed) == .stopped)
                }
                #expect(programs.withLock { $0 } == 1, "after \(commits) commits")
                #expect(resumed.record.status == .succeeded, "after \(commits) commits")
                #expect(try fixture.effects == expected)
            }
        }
        #expect(held == 1)
    }

    @Test("P5 a runner that was overtaken writes nothing and does nothing more")
    func overtaken() async throws {
        try await RunnerFixture.with { fixture in
            let (created, lease) = try fixture.create(RunnerFixture.safeRollout)
            var machine = created
            let newer = Mutex<Lease?>(nil)
            let journal = fixture.journal
            let runner = fixture.runner(
                under: lease,
                observer: { progress in
                    guard case .performing(.apply(.putDeployment(.green), _, _), _) = progress else { return }
                    newer.withLock { newer in
                        guard newer == nil else { return }
                        do {
                            try journal.release(lease)
                            newer = try journal.acquireLease(on: RunnerFixture.key, for: lease.run, takeOver: false)
                        } catch {
                            Issue.record(error)
                        }
                    }
                })
            do {
                _ = try await runner.run(&machine)
                Issue.record("the overtaken runner went on")
            } catch let error as JournalError {
                #expect(error.code == .fenced)
            }
            let epochs = try fixture.journal.events(of: lease.run, after: 0).map(\.epoch)
            #expect(epochs.allSatisfy { $0 == lease.epoch })
            #expect(try fixture.effects.last == .putDeployment(.green))
        }
    }

    @Test("P5 the backend refuses a runner whose epoch is over, and the runner stops")
    func fencedByBackend() async throws {
        try await RunnerFixture.with { fixture in
            var (machine, lease) = try fixture.create(RunnerFixture.safeRollout)
            _ = try fixture.backend.apply(
                .putEndpoint(.sample), to: RunnerFixture.endpoint,
                as: ChangeContext(run: lease.run, stage: "x", attempt: 1, idempotencyKey: "x", epoch: lease.epoch + 1))
            do {
                _ = try await fixture.runner(under: lease).run(&machine)
                Issue.record("the fenced runner went on")
            } catch let error as JournalError {
                #expect(error.code == .fenced)
            }
        }
    }

    @Test("a cancelled runner checkpoints and leaves, and the run goes on later", arguments: [1, 3, 6, 10])
    func interrupted(after effects: Int) async throws {
        try await RunnerFixture.with { fixture in
            let (machine, lease) = try fixture.create(RunnerFixture.safeRollout, approved: ["cut-over", "delete"])
            let count = Mutex(0)
            let runner = fixture.runner(
                under: lease,
                observer: { progress in
                    guard case .performing = progress else { return }
                    if count.withLock({
                        $0 += 1; return $0
                    }) == effects {
                        withUnsafeCurrentTask { $0?.cancel() }
                    }
                })
            let outcome = try await Task {
                var machine = machine
                return try await runner.run(&machine)
            }.value
            #expect(outcome == .interrupted)
            #expect(try fixture.journal.events(of: lease.run, after: 0).last?.kind == "run.left")
            var resumed = try fixture.load(lease.run)
            #expect(try await fixture.runner(under: lease).run(&resumed) == .stopped)
            #expect(resumed.record.status == .succeeded)
        }
    }

    @Test("P12 a fork begins at its stage, and its parent's history stays as it was")
    func fork() async throws {
        try await RunnerFixture.with { fixture in
            var stages = RunnerFixture.safeRollout
            stages[2] = Stage(
                name: "test",
                action: .invoke(Invocation(deployment: "green", request: .sample, expect: .init(status: 500))))
            var (machine, lease) = try fixture.create(stages, approved: [])
            _ = try await fixture.runner(under: lease).run(&machine)
            #expect(machine.record.status == .rolledBack)
            let before = try fixture.journal.events(of: lease.run, after: 0).map(\.hash)
            try fixture.journal.release(lease)

            let parent = try fixture.journal.load(lease.run)
            let next = try fixture.journal.nextRunID(of: "safe")
            let second = try fixture.journal.acquireLease(on: RunnerFixture.key, for: next, takeOver: false)
            let launcher = RunLauncher(
                journal: fixture.journal, starter: Person(name: "eve", host: "desk"), now: fixture.clock.now())
            var forked = try launcher.create(parent.snapshot, approved: [], parent: (parent, 2), under: second)
            _ = try await fixture.runner(under: second).run(&forked)
            #expect(forked.record.parent == .init(run: lease.run, stage: "test"))
            #expect(forked.stages[0].reason == "done in safe-1")
            #expect(try fixture.journal.events(of: lease.run, after: 0).map(\.hash) == before)
            #expect(try fixture.effects.filter { $0 == .putDeployment(.green) }.count == 1)
        }
    }
}
