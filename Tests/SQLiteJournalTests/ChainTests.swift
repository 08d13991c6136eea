import RolloutEngine
import RolloutTesting
import Rollouts
import Testing

@testable import SQLiteJournal

@Suite("Hash chain") struct ChainTests {
    /// A run of six events: one at the start, one of a request, one per stage.
    private func withRun(_ body: (Fixture, SQLiteJournal) throws -> Void) throws {
        try Fixture.with { fixture in
            let journal = try fixture.journal()
            let lease = try journal.acquireLease(on: .sample, for: .first, takeOver: false)
            let run = try NewRun.sample()
            try journal.create(run, under: lease)
            _ = try journal.submit(.approval(), to: .first) { _ in }
            for stage in 0..<4 { try journal.commit(run.success(of: stage), under: lease) }
            #expect(try journal.verify(.first) == [])
            try body(fixture, journal)
        }
    }

    @Test(
        "P13 finds any edited event",
        arguments: [
            "at = at + 1", "stage = 'stage-9'", "stage = NULL", "kind = 'stage.failed'", "epoch = epoch + 1",
            "previous_hash = replace(hex(zeroblob(32)), '0', 'a')", "hash = upper(hash)", "payload = payload || ' '",
            "payload = CAST(x'ff' AS TEXT)", "kind = CAST(x'c328' AS TEXT)", "stage = ''",
        ], [1, 3, 5])
    func edited(_ change: String, sequence: Int) throws {
        try withRun { fixture, journal in
            // The first event has no stage.
            guard sequence != 1 || change != "stage = NULL" else { return }
            try fixture.edit("UPDATE events SET \(change) WHERE sequence = \(sequence)")
            let findings = try journal.verify(.first)
            #expect(findings.contains { $0.hasPrefix("event \(sequence) (") && $0.contains("was changed") })
            // The lines around it are not suspected.
            #expect(findings.count { $0.hasPrefix("event ") } == 1)
        }
    }

    @Test("P13 finds deleted events", arguments: 1...5)
    func deleted(sequence: Int) throws {
        try withRun { fixture, journal in
            try fixture.edit("DELETE FROM events WHERE sequence = \(sequence)")
            let findings = try journal.verify(.first)
            #expect(findings.contains { $0.hasPrefix("event \(sequence) of") && $0.contains("deleted") })
            #expect(throws: JournalError.self) { try journal.load(.first) }
        }
    }

    @Test("P13 finds all events deleted")
    func allDeleted() throws {
        try withRun { fixture, journal in
            try fixture.edit("DELETE FROM events")
            #expect(try journal.verify(.first).contains { $0.contains("events 1 to 6") })
        }
    }

    @Test("P13 finds events that changed places")
    func exchanged() throws {
        try withRun { fixture, journal in
            try fixture.edit(
                """
                UPDATE events SET sequence = 99 WHERE sequence = 2; UPDATE events SET sequence = 2 WHERE sequence = 3;
                UPDATE events SET sequence = 3 WHERE sequence = 99
                """)
            let findings = try journal.verify(.first)
            #expect(findings.contains { $0.hasPrefix("event 2 (") })
            #expect(findings.contains { $0.hasPrefix("event 3 (") })
        }
    }

    @Test("P13 finds an event that was added, even with a fitting hash")
    func added() throws {
        try withRun { fixture, journal in
            let last = try #require(try journal.events(of: .first, after: 5).first)
            var end = EventChain(of: .first, count: 6, head: last.hash)
            let line = try end.append(.runLeft(reason: "forged"), at: last.at, stage: nil, epoch: 1)
            try fixture.edit(
                """
                INSERT INTO events (run, sequence, at, stage, kind, epoch, previous_hash, hash, payload)
                VALUES ('\(RunID.first)', 7, \(last.at.milliseconds), NULL, '\(line.kind)', 1, '\(last.hash)',
                    '\(line.hash)', '\(String(decoding: line.payload, as: UTF8.self))')
                """)
            #expect(
                try journal.verify(.first) == [
                    "event 7 (run.left) of safe-rollout-1 was added: the run ends with event 6"
                ])
            #expect(throws: JournalError.self) { try journal.load(.first) }
        }
    }

    @Test("P13 finds events given to another run")
    func renamedRun() throws {
        try withRun { fixture, journal in
            try fixture.edit("UPDATE events SET run = 'other-1'")
            #expect(!(try journal.verify(.first).isEmpty))
        }
    }

    @Test(
        "what follows from the events is held against them",
        arguments: [
            ("UPDATE runs SET status = 'succeeded'", "record"),
            ("UPDATE runs SET event_count = event_count + 1", "deleted"),
            ("UPDATE runs SET head_hash = '\(String(repeating: "b", count: 64))'", "last event"),
            ("UPDATE runs SET record = '{}'", "record"),
            ("UPDATE runs SET plan_hash = '\(String(repeating: "b", count: 64))'", "plan does not match"),
            ("UPDATE stages SET definition = replace(CAST(definition AS TEXT), 'blue', 'bleu')", "plan does not match"),
            ("UPDATE stages SET definition = CAST(x'ff00' AS BLOB) WHERE position = 2", "plan does not match"),
            ("DELETE FROM stages WHERE position = 3", "plan does not match"),
            ("UPDATE definitions SET bytes = CAST('x' AS BLOB)", "digest"),
            ("DELETE FROM definitions", "digest"),
            ("DELETE FROM run_files", "files"), ("UPDATE runs SET starter = 'eve@here'", "starter"),
            ("UPDATE runs SET ended = 5", "ended"),
            ("UPDATE runs SET record = replace(record, '\"ada\"', '\"eve\"')", "record"),
            ("UPDATE stages SET attempts = 9 WHERE position = 1", "stage-1"),
            ("UPDATE stages SET reason = 'all good' WHERE position = 2", "stage-2"),
            ("UPDATE requests SET kind = 'reject'", "request 1"), ("UPDATE requests SET person = 'eve'", "request 1"),
            ("DELETE FROM requests", "request 1"), ("UPDATE requests SET number = 2", "request 2"),
        ])
    func derived(_ change: String, finding: String) throws {
        try withRun { fixture, journal in
            try fixture.edit(
                change.replacing(
                    "replace(CAST(definition AS TEXT), 'blue', 'bleu')",
                    with:
                        "CAST(replace(CAST(definition AS TEXT), 'blue', 'bleu') AS BLOB)"))
            #expect(try journal.verify(.first).contains { $0.contains(finding) })
        }
    }

    @Test("P13 an event with the largest number is found, and ends nothing")
    func largest() throws {
        try withRun { fixture, journal in
            try fixture.edit("UPDATE events SET sequence = \(Int64.max) WHERE sequence = 6")
            #expect(!(try journal.verify(.first).isEmpty))
        }
    }

    @Test("a stage that is recorded as done without an event is found")
    func doneWithoutEvent() throws {
        try Fixture.with { fixture in
            let journal = try fixture.journal()
            let lease = try journal.acquireLease(on: .sample, for: .first, takeOver: false)
            try journal.create(.sample(), under: lease)
            try fixture.edit("UPDATE stages SET status = 'succeeded' WHERE position = 1")
            #expect(
                try journal.verify(.first) == [
                    "stage stage-1 of safe-rollout-1 was changed: its events say pending after 0 attempts"
                ])
        }
    }

    @Test(
        "P7 a run whose plan or last event was changed is not gone on with",
        arguments: [
            "UPDATE stages SET definition = CAST('{}' AS BLOB) WHERE position = 3",
            "UPDATE events SET payload = payload || ' ' WHERE sequence = 6",
            "UPDATE runs SET record = replace(record, 'ada', 'eve')", "UPDATE definitions SET bytes = x'00'",
            "UPDATE stages SET status = 'odd'", "UPDATE runs SET record = CAST(x'ff' AS TEXT)",
            "UPDATE events SET hash = previous_hash WHERE sequence = 3",
        ])
    func loading(_ change: String) throws {
        try withRun { fixture, journal in
            try fixture.edit(change)
            let error = #expect(throws: JournalError.self) { try journal.load(.first) }
            #expect(error?.code == .tampered)
        }
    }
}
