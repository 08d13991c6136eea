import RolloutEngine
import Rollouts
import SQLiteState
import Testing

@testable import SQLiteJournal

@Suite struct RequestTests {
    private func started(_ fixture: Fixture) throws -> (SQLiteJournal, Lease, NewRun) {
        let journal = try fixture.journal()
        let lease = try journal.acquireLease(on: key, for: run1, takeOver: false)
        let run = try newRun()
        try journal.create(run, under: lease)
        return (journal, lease, run)
    }

    private func accept(_: [KeptRequest]) throws(JournalError) {}

    @Test(
        "P8 a decision counts only as it was made",
        arguments: [
            "UPDATE requests SET kind = 'reject'", "UPDATE requests SET person = 'eve'",
            "UPDATE requests SET stage = 'stage-3'", "UPDATE requests SET plan_hash = 'other'",
            "UPDATE requests SET number = 2",
        ])
    func changed(_ change: String) throws {
        try Fixture.with { fixture in
            let (journal, lease, _) = try started(fixture)
            _ = try journal.submit(approval(), to: run1, validate: accept)
            #expect(try journal.pendingRequests(of: run1).count == 1)
            try fixture.edit(change)
            let error = #expect(throws: JournalError.self) { try journal.pendingRequests(of: run1) }
            #expect(error?.code == .tampered)
            try journal.release(lease)
        }
    }

    @Test("P9 a request that is made while nothing runs is kept, and used exactly once")
    func usedOnce() throws {
        try Fixture.with { fixture in
            let (journal, lease, run) = try started(fixture)
            try journal.release(lease)
            let person = try fixture.journal(process: 200)
            let kept = try person.submit(approval(), to: run1, validate: accept)
            #expect(kept.number == 1)
            #expect(try journal.pendingRequests(of: run1) == [kept])

            let resumed = try journal.acquireLease(on: key, for: run1, takeOver: false)
            var commit = success(of: 0, run)
            commit.usedRequests = [1]
            try journal.commit(commit, under: resumed)
            #expect(try journal.pendingRequests(of: run1) == [])
            #expect(try journal.requests(of: run1) == [KeptRequest(request: kept, isUsed: true)])

            let before = try journal.events(of: run1, after: 0).count
            let error = #expect(throws: JournalError.self) { try journal.commit(commit, under: resumed) }
            #expect(error?.code == .notAllowed)
            #expect(try journal.events(of: run1, after: 0).count == before)
            #expect(try journal.verify(run1) == [])
        }
    }

    @Test("a request that was never made can't be used")
    func neverMade() throws {
        try Fixture.with { fixture in
            let (journal, lease, run) = try started(fixture)
            var commit = success(of: 0, run)
            commit.usedRequests = [7]
            #expect(throws: JournalError.self) { try journal.commit(commit, under: lease) }
            #expect(try journal.stages(of: run1) == run.stages)
        }
    }

    @Test("P8 the first decision wins: the second one's validation sees it")
    func firstDecisionWins() throws {
        try Fixture.with { fixture in
            let (journal, _, _) = try started(fixture)
            let decide: ([KeptRequest]) throws(JournalError) -> Void = { (kept) throws(JournalError) in
                guard kept.isEmpty else { throw JournalError(.notAllowed, "\(kept[0].request.by) decided first") }
            }
            _ = try journal.submit(approval(), to: run1, validate: decide)
            let error = #expect(throws: JournalError.self) {
                try journal.submit(approval(by: Person(name: "bob", host: "desk")), to: run1, validate: decide)
            }
            #expect(error?.message == "ada@desk decided first")
            #expect(try journal.requests(of: run1).map(\.request.by) == [ada])
            #expect(try journal.events(of: run1, after: 0).map(\.kind) == ["run.started", "request.made"])
        }
    }

    @Test("P8 any reader finds approvals with who, when and why")
    func approvalsView() throws {
        try Fixture.with { fixture in
            let (journal, _, _) = try started(fixture)
            _ = try journal.submit(approval(), to: run1, validate: accept)
            _ = try journal.submit(
                Request(kind: .abort, planHash: "hash", by: ada, at: Timestamp(milliseconds: 31)), to: run1,
                validate: accept)
            let rows = try journal.read { db in
                var rows: [String] = []
                try db.forEachRow("SELECT decision, stage, person, host, at, reason FROM approvals") { row in
                    rows.append((0..<6).map { row.text($0) }.joined(separator: " "))
                }
                return rows
            }
            #expect(rows == ["approve stage-2 ada desk 30 ok"])
        }
    }
}
