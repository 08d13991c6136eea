import RolloutEngine
import RolloutTesting
import Rollouts
import SQLiteState
import Testing

@testable import SQLiteJournal

@Suite struct RequestTests {
    private func started(_ fixture: Fixture) throws -> SQLiteJournal {
        let journal = try fixture.journal()
        let lease = try journal.acquireLease(on: .sample, for: .first, takeOver: false)
        try journal.create(.sample(), under: lease)
        return journal
    }

    @Test(
        "P8 a decision counts only as it was made",
        arguments: [
            "UPDATE requests SET kind = 'reject'", "UPDATE requests SET person = 'eve'",
            "UPDATE requests SET stage = 'stage-3'", "UPDATE requests SET plan_hash = 'other'",
            "UPDATE requests SET number = 2",
        ])
    func changed(_ change: String) throws {
        try Fixture.with { fixture in
            let journal = try started(fixture)
            _ = try journal.submit(.approval(), to: .first) { _ in }
            #expect(try journal.pendingRequests(of: .first).count == 1)
            try fixture.edit(change)
            let error = #expect(throws: JournalError.self) { try journal.pendingRequests(of: .first) }
            #expect(error?.code == .tampered)
        }
    }

    @Test("P8 any reader finds approvals with who, when and why")
    func approvalsView() throws {
        try Fixture.with { fixture in
            let journal = try started(fixture)
            _ = try journal.submit(.approval(), to: .first) { _ in }
            _ = try journal.submit(
                Request(kind: .abort, planHash: "hash", by: .ada, at: Timestamp(milliseconds: 31)), to: .first
            ) { _ in }
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
