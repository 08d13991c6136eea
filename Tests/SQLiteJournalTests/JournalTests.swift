import FoundationEssentials
import GRDB
import RolloutEngine
import Rollouts
import Testing

@testable import SQLiteJournal

@Suite struct JournalTests {
    @Test("what was written is read back by another process")
    func roundTrip() throws {
        try Fixture.with { fixture in
            let run = try newRun(requests: [approval()])
            do {
                let journal = try fixture.journal()
                #expect(try journal.nextRunID(of: "safe-rollout") == run1)
                let lease = try journal.acquireLease(on: key, for: run1, takeOver: false)
                try journal.create(run, under: lease)
                try journal.commit(success(of: 0, run), under: lease)
                try journal.close()
            }
            let journal = try fixture.journal(process: 200)
            #expect(try journal.nextRunID(of: "safe-rollout") == run2)
            let stored = try journal.load(run1)
            #expect(stored.snapshot.hash == run.snapshot.hash)
            #expect(stored.snapshot.contents == run.snapshot.contents)
            #expect(stored.snapshot.plan.header == run.snapshot.plan.header)
            #expect(Array(stored.snapshot.plan.stages) == Array(run.snapshot.plan.stages))
            #expect(stored.record == success(of: 0, run).record)
            #expect(stored.stages == [try #require(success(of: 0, run).stages[0])] + run.stages.dropFirst())
            #expect(try journal.stages(of: run1) == stored.stages)
            #expect(try journal.runs() == [stored.record])
            #expect(try journal.record(of: run1) == stored.record)

            let events = try journal.events(of: run1, after: 0)
            #expect(events.map(\.sequence) == [1, 2, 3])
            #expect(events.map(\.kind) == ["run.started", "request.made", "stage.succeeded"])
            #expect(events.map(\.stage) == [nil, "stage-2", "stage-0"])
            #expect(events.map(\.epoch) == [1, 0, 1])
            #expect(events.last?.event == .stageSucceeded(observed: .absent, reason: nil, by: nil))
            #expect(try journal.events(of: run1, after: 2).map(\.sequence) == [3])
            #expect(try journal.verify(run1) == [])
        }
    }

    @Test("runs are listed with the newest first")
    func newestFirst() throws {
        try Fixture.with { fixture in
            let journal = try fixture.journal()
            for (number, name) in [(1, "zoo"), (2, "shop"), (3, "ark")] {
                let id = RunID(playbook: "safe-rollout", number: number)
                var plan = plan()
                plan.endpoint = Name(name)
                let lease = try journal.acquireLease(
                    on: LeaseKey(backend: "simulated", endpoint: Name(name)), for: id, takeOver: false)
                try journal.create(newRun(id, plan: plan), under: lease)
            }
            #expect(try journal.runs().map(\.id.number) == [3, 2, 1])
        }
    }

    @Test("a run's number is given once")
    func runExists() throws {
        try Fixture.with { fixture in
            let journal = try fixture.journal()
            let lease = try journal.acquireLease(on: key, for: run1, takeOver: false)
            try journal.create(newRun(), under: lease)
            let error = #expect(throws: JournalError.self) { try journal.create(newRun(), under: lease) }
            #expect(error?.code == .runExists)
        }
    }

    @Test("P5 an endpoint has one unfinished run")
    func oneUnfinishedRun() throws {
        try Fixture.with { fixture in
            let journal = try fixture.journal()
            #expect(try journal.unfinishedRun(on: key) == nil)
            let first = try journal.acquireLease(on: key, for: run1, takeOver: false)
            let run = try newRun()
            try journal.create(run, under: first)
            try journal.release(first)
            #expect(try journal.unfinishedRun(on: key) == run1)

            let second = try journal.acquireLease(on: key, for: run2, takeOver: false)
            let error = #expect(throws: JournalError.self) { try journal.create(newRun(run2), under: second) }
            #expect(error?.code == .unfinishedRun(run1))
            try journal.release(second)

            let third = try journal.acquireLease(on: key, for: run1, takeOver: false)
            let end = StampedEvent(
                at: Timestamp(milliseconds: 50), stage: nil,
                event: .runEnded(.succeeded, reason: "done", observed: .absent))
            var state = RunState(record: run.record, stages: run.stages)
            state.apply(end)
            try journal.commit(Commit(run: run1, events: [end], record: state.record, stages: [:]), under: third)
            try journal.release(third)
            #expect(try journal.unfinishedRun(on: key) == nil)
            let fourth = try journal.acquireLease(on: key, for: run2, takeOver: false)
            try journal.create(newRun(run2), under: fourth)
            #expect(try journal.verify(run1) == [])
        }
    }

    @Test("a commit may change the record alone")
    func recordAlone() throws {
        try Fixture.with { fixture in
            let journal = try fixture.journal()
            let lease = try journal.acquireLease(on: key, for: run1, takeOver: false)
            let run = try newRun()
            try journal.create(run, under: lease)
            var record = run.record
            record.latest = .absent
            try journal.commit(Commit(run: run1, events: [], record: record, stages: [:]), under: lease)
            #expect(try journal.record(of: run1) == record)
            #expect(try journal.events(of: run1, after: 0).count == 1)
        }
    }

    @Test("P7 an adopted plan takes the place of the old one, and done stages stay done", arguments: [2, 4, 6])
    func adoption(stages count: Int) throws {
        try Fixture.with { fixture in
            let journal = try fixture.journal()
            let lease = try journal.acquireLease(on: key, for: run1, takeOver: false)
            let run = try newRun()
            try journal.create(run, under: lease)
            try journal.commit(success(of: 0, run), under: lease)
            let adopted = try snapshot(plan(stages: count, first: .seconds(9)))
            var record = success(of: 0, run).record
            record.planHash = adopted.hash
            let rows = adopted.plan.stages.map { StageRecord(name: $0.name, action: $0.action.kind) }
            let stages = [try #require(success(of: 0, run).stages[0])] + rows.dropFirst()
            let event = RunEvent.planAdopted(hash: adopted.hash, stages: stages, differences: ["stage-0"])
            try journal.commit(
                Commit(
                    run: run1, events: [StampedEvent(at: Timestamp(milliseconds: 40), stage: 1, event: event)],
                    record: record, stages: [:], adopted: adopted), under: lease)
            let stored = try journal.load(run1)
            #expect(stored.snapshot.hash == adopted.hash)
            #expect(stored.stages.map(\.name) == (0..<count).map { "stage-\($0)" })
            #expect(stored.stages.map(\.status) == [.succeeded] + Array(repeating: .pending, count: count - 1))
            #expect(stored.snapshot.plan.stages[0].action == .wait(.seconds(9)))
            #expect(try journal.verify(run1) == [])
        }
    }

    @Test("an unknown run is named")
    func unknownRun() throws {
        try Fixture.with { fixture in
            let journal = try fixture.journal()
            for call in [
                { _ = try journal.record(of: run1) }, { _ = try journal.load(run1) },
                { _ = try journal.stages(of: run1) }, { _ = try journal.events(of: run1, after: 0) },
                { _ = try journal.verify(run1) },
                { _ = try journal.submit(approval(), to: run1) { _ throws(JournalError) in } },
            ] as [() throws -> Void] {
                let error = #expect(throws: JournalError.self) { try call() }
                #expect(error?.code == .unknownRun)
                #expect(error?.message.contains("safe-rollout-1") == true)
            }
        }
    }

    @Test("a file that changed while the plan was made is not kept")
    func changedFile() throws {
        try Fixture.with { fixture in
            let journal = try fixture.journal()
            let lease = try journal.acquireLease(on: key, for: run1, takeOver: false)
            var run = try newRun()
            run.snapshot.contents["safe-rollout.yml"] = Data("name: another\n".utf8)
            #expect(throws: JournalError.self) { try journal.create(run, under: lease) }
            #expect(try journal.runs().isEmpty)
        }
    }
}
