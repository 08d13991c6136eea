internal import FoundationEssentials
internal import RolloutEngine
internal import Rollouts
internal import Testing

/// What every journal keeps.
///
/// A test of a journal runs every clause on a fresh one:
/// ```
/// @Test("keeps the contract", arguments: JournalContract.clauses)
/// func contract(_ clause: JournalContract.Clause) async throws {
///     try await clause.check(JournalBench(open: { try MyJournal(…) }, …))
/// }
/// ```
package enum JournalContract {
    package struct Clause: Sendable, CustomTestStringConvertible {
        /// What holds.
        package let testDescription: String
        package let check: @Sendable (JournalBench) async throws -> Void
    }

    package static let clauses: [Clause] = runs + plans + leases + fencing + requests + notes + events

    private static let runs: [Clause] = [
        Clause(testDescription: "an empty journal has no runs and no leases") { bench in
            let journal = try bench.open()
            #expect(try journal.nextRunID(of: "safe-rollout") == .first)
            #expect(try journal.runIDs() == [])
            #expect(try journal.runs() == [])
            #expect(try journal.leases() == [])
            #expect(try journal.unfinishedRun(on: .sample) == nil)
        },
        Clause(testDescription: "a journal has a name of its own, and keeps it") { bench in
            let name = try bench.open().home()
            #expect(!name.isEmpty)
            #expect(try bench.open().home() == name)
            #expect(try bench.openAnother().home() != name)
        },
        Clause(testDescription: "what was written is read back by another process") { bench in
            let run = try NewRun.sample(requests: [.approval()])
            let (first, lease) = try bench.start(run)
            try first.commit(run.success(of: 0), under: lease)
            try first.close()
            let journal = try bench.open()
            let stored = try journal.load(.first)
            #expect(stored.snapshot.hash == run.snapshot.hash)
            #expect(stored.snapshot.contents == run.snapshot.contents)
            #expect(stored.snapshot.plan.header == run.snapshot.plan.header)
            #expect(Array(stored.snapshot.plan.stages) == Array(run.snapshot.plan.stages))
            #expect(stored.record == run.success(of: 0).record)
            #expect(stored.stages == [try #require(run.success(of: 0).stages[0])] + run.stages.dropFirst())
            #expect(try journal.stages(of: .first) == stored.stages)
            #expect(try journal.runs() == [stored.record])
            #expect(try journal.record(of: .first) == stored.record)
            #expect(try journal.requests(of: .first).map(\.request.by) == [.ada])
        },
        Clause(testDescription: "runs are listed with the newest first, and counted by playbook") { bench in
            let journal = try bench.open()
            for (number, endpoint) in [(1, "zoo"), (2, "shop"), (3, "ark")] {
                let id = RunID(playbook: "safe-rollout", number: number)
                let run = try NewRun.sample(id, plan: .sample(endpoint: Name(endpoint)))
                let lease = try journal.acquireLease(on: run.record.leaseKey, for: id, takeOver: false)
                try journal.create(run, under: lease)
            }
            #expect(try journal.runs().map(\.id.number) == [3, 2, 1])
            #expect(try journal.runIDs() == journal.runs().map(\.id))
            #expect(try journal.runIDs(in: .running) == journal.runIDs())
            #expect(try journal.runIDs(in: .waiting) == [])
            #expect(try journal.nextRunID(of: "safe-rollout").number == 4)
            #expect(try journal.nextRunID(of: "other") == RunID(playbook: "other", number: 1))
        },
        Clause(testDescription: "a run's number is given once") { bench in
            let (journal, lease) = try bench.start(.sample())
            expectRefused(.runExists) { try journal.create(.sample(plan: .sample(stages: 2)), under: lease) }
            #expect(try journal.stages(of: .first).count == 4)
            #expect(try journal.events(of: .first, after: 0).count == 1)
        },
        Clause(testDescription: "P5 an endpoint has one unfinished run") { bench in
            let run = try NewRun.sample()
            let (journal, first) = try bench.start(run)
            try journal.release(first)
            #expect(try journal.unfinishedRun(on: .sample) == .first)
            #expect(try journal.unfinishedRun(on: LeaseKey(backend: "local", endpoint: "shop")) == nil)

            let second = try journal.acquireLease(on: .sample, for: .second, takeOver: false)
            let error = expectRefused(.unfinishedRun(.first)) { try journal.create(.sample(.second), under: second) }
            #expect(error?.message.contains("turnout resume safe-rollout-1") == true)
            #expect(try journal.runIDs() == [.first])
            try journal.release(second)

            let third = try journal.acquireLease(on: .sample, for: .first, takeOver: false)
            try journal.commit(run.end(), under: third)
            try journal.release(third)
            #expect(try journal.unfinishedRun(on: .sample) == nil)
            let fourth = try journal.acquireLease(on: .sample, for: .second, takeOver: false)
            try journal.create(.sample(.second), under: fourth)
            #expect(try journal.verify(.first) == [])
        },
        Clause(testDescription: "a commit may change the record alone") { bench in
            let run = try NewRun.sample()
            let (journal, lease) = try bench.start(run)
            var record = run.record
            record.latest = .absent
            try journal.commit(Commit(run: .first, events: [], record: record, stages: [:]), under: lease)
            #expect(try journal.record(of: .first) == record)
            #expect(try journal.events(of: .first, after: 0).count == 1)
            #expect(try journal.verify(.first) == [])
        },
        Clause(testDescription: "P2 a commit that is refused leaves nothing behind") { bench in
            let run = try NewRun.sample()
            let (journal, lease) = try bench.start(run)
            _ = try journal.submit(.approval(), to: .first) { _ in }
            var unknownStage = run.success(of: 0)
            unknownStage.usedRequests = [1]
            unknownStage.stages[4] = run.stages[3]
            var otherPlan = run.success(of: 0)
            otherPlan.adopted = try .sample(.sample(stages: 2))
            for commit in [unknownStage, otherPlan] {
                expectRefused(.tampered) { try journal.commit(commit, under: lease) }
            }
            #expect(try journal.record(of: .first) == run.record)
            #expect(try journal.stages(of: .first) == run.stages)
            #expect(try journal.pendingRequests(of: .first).count == 1)
            #expect(try journal.events(of: .first, after: 0).count == 2)
            #expect(try journal.load(.first).snapshot.hash == run.snapshot.hash)
            #expect(try journal.verify(.first) == [])
        },
        Clause(testDescription: "an unknown run is named") { bench in
            let journal = try bench.open()
            let lease = try journal.acquireLease(on: .sample, for: .first, takeOver: false)
            let commit = try NewRun.sample().success(of: 0)
            for call in [
                { _ = try journal.record(of: .first) }, { _ = try journal.load(.first) },
                { _ = try journal.stages(of: .first) }, { _ = try journal.events(of: .first, after: 0) },
                { _ = try journal.verify(.first) }, { try journal.commit(commit, under: lease) },
                { _ = try journal.submit(.approval(), to: .first) { _ in } },
            ] as [() throws -> Void] {
                let error = expectRefused(.unknownRun, call)
                #expect(error?.message.contains("safe-rollout-1") == true)
            }
        },
        Clause(testDescription: "a journal that was closed answers nothing more") { bench in
            let (journal, lease) = try bench.start(.sample())
            try journal.close()
            for call in [
                { _ = try journal.runs() }, { _ = try journal.load(.first) }, { try journal.heartbeat(lease) },
            ] as [() throws -> Void] {
                #expect(throws: JournalError.self) { try call() }
            }
        },
    ]

    private static let plans: [Clause] = [
        Clause(testDescription: "P7 an adopted plan takes the place of the old one, and done stages stay done") {
            bench in
            let run = try NewRun.sample()
            let (journal, lease) = try bench.start(run)
            try journal.commit(run.success(of: 0), under: lease)
            var record = run.success(of: 0).record
            for count in [6, 2, 4] {
                let adopted = try PlanSnapshot.sample(.sample(stages: count, first: .seconds(9)))
                record.planHash = adopted.hash
                let rows = adopted.plan.stages.map { StageRecord(name: $0.name, action: $0.action.kind) }
                let stages = [try #require(run.success(of: 0).stages[0])] + rows.dropFirst()
                let event = RunEvent.planAdopted(hash: adopted.hash, stages: stages, differences: ["stage-0"])
                try journal.commit(
                    Commit(
                        run: .first, events: [StampedEvent(at: Timestamp(milliseconds: 40), stage: 1, event: event)],
                        record: record, stages: [:], adopted: adopted), under: lease)
                let stored = try journal.load(.first)
                #expect(stored.snapshot.hash == adopted.hash)
                #expect(stored.stages == stages)
                #expect(stored.snapshot.plan.stages.count == count)
                #expect(stored.snapshot.plan.stages[0].action == .wait(.seconds(9)))
                #expect(try journal.events(of: .first, after: 0).last?.stage == "stage-1")
                #expect(try journal.verify(.first) == [])
            }
        },
        Clause(testDescription: "P7 a file that changed while the plan was made is not kept") { bench in
            let journal = try bench.open()
            let lease = try journal.acquireLease(on: .sample, for: .first, takeOver: false)
            var run = try NewRun.sample()
            run.snapshot.contents["safe-rollout.yml"] = Data("name: another\n".utf8)
            expectRefused(.tampered) { try journal.create(run, under: lease) }
            run.snapshot.contents = [:]
            expectRefused(.tampered) { try journal.create(run, under: lease) }
            #expect(try journal.runs().isEmpty)
        },
        Clause(testDescription: "P7 a run whose plan is not the one that its record names is not gone on with") {
            bench in
            var run = try NewRun.sample()
            run.snapshot.plan = .sample(first: .seconds(9))
            let (journal, _) = try bench.start(run)
            expectRefused(.tampered) { _ = try journal.load(.first) }
            #expect(try journal.verify(.first).contains { $0.contains("plan does not match its hash") })
        },
    ]
}
