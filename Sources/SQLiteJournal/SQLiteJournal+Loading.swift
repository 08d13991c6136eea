internal import FoundationEssentials
internal import GRDB
package import RolloutEngine
internal import Rollouts
internal import SQLiteState

extension SQLiteJournal {
    /// Loads a run as the protocol says.
    ///
    /// Only the last thousand links of the chain and the last event's hash are checked, so that the cost of resuming
    /// does not grow with the history; ``verify(_:)`` checks everything.
    package func load(_ run: RunID) throws(JournalError) -> StoredRun {
        try read { db in
            let record = try record(of: run, in: db)
            let (planHash, headerDigest) =
                try db.firstRow("SELECT plan_hash, header_digest FROM runs WHERE id = ?", [run.description]) {
                    ($0.text(0), $0.text(1))
                } ?? ("", "")
            guard planHash == record.planHash else { throw tampered(run, "its record refers to another plan") }
            try checkChainEnd(of: run, in: db)
            try checkBeginning(of: record, in: db)
            let header = try decode(
                Plan.Header.self, from: try definition(headerDigest, of: run, in: db), of: "the plan of run \(run)")
            var contents: [String: Data] = [:]
            for file in header.files { contents[file.path] = try definition(file.digest, of: run, in: db) }
            let (stages, definitions) = try stageRows(of: run, in: db)
            let plan = Plan(header: header, stages: StageList(verified: definitions))
            guard try plan.hash() == planHash else { throw tampered(run, "its plan does not match its hash") }
            return StoredRun(
                snapshot: PlanSnapshot(plan: plan, hash: planHash, contents: contents), record: record, stages: stages)
        }
    }

    private func stageRows(of run: RunID, in db: Database) throws -> ([StageRecord], [Data]) {
        var stages: [StageRecord] = []
        var definitions: [Data] = []
        try db.forEachRow(
            """
            SELECT position, name, action, status, attempts, started, ended, reason, definition
            FROM stages WHERE run = ? ORDER BY position
            """, [run.description]
        ) { row in
            stages.append(try StageRecord(row, of: run, expecting: stages.count))
            definitions.append(row.bytes(8))
        }
        return (stages, definitions)
    }

    private func definition(_ digest: String, of run: RunID, in db: Database) throws -> Data {
        let bytes = try db.firstRow("SELECT bytes FROM definitions WHERE digest = ?", [digest]) { $0.bytes(0) }
        guard let bytes, hexadecimalDigest(of: bytes) == digest else {
            throw tampered(run, "definition \(digest.prefix(12))… is missing or was changed")
        }
        return bytes
    }

    private func checkChainEnd(of run: RunID, in db: Database) throws {
        guard let end = try StoredChain(of: run, in: db)?.end else { throw unknown(run) }
        var expected = end.head
        var sequence = end.count
        try db.forEachRow(
            """
            SELECT sequence, previous_hash, hash FROM events WHERE run = ? ORDER BY sequence DESC LIMIT 1000
            """, [run.description]
        ) { row in
            guard Int(row.integer(0)) == sequence, row.text(2) == expected else {
                throw tampered(run, "event \(sequence) was changed or deleted, or events were added after it")
            }
            expected = row.text(1)
            sequence -= 1
        }
        guard sequence == 0 || sequence == end.count - 1000 else {
            throw tampered(run, "event \(sequence) was deleted")
        }
        let last = try EventLine.read(of: run, end.count, in: db)
        guard last?.isIntact(in: run) ?? (end.count == 0) else {
            throw tampered(run, "event \(end.count) was changed")
        }
    }

    /// Checks who started the run and on which endpoint, which determines who can approve it.
    private func checkBeginning(of record: RunRecord, in db: Database) throws {
        guard let line = try EventLine.read(of: record.id, 1, in: db),
            line.isIntact(in: record.id),
            case .runStarted(let started, _) = try decode(
                RunEvent.self, from: line.payload, of: "event 1 of \(record.id)")
        else { throw tampered(record.id, "event 1 was changed or deleted") }
        guard
            (started.id, started.backend, started.endpoint, started.starter, started.started, started.parent)
                == (record.id, record.backend, record.endpoint, record.starter, record.started, record.parent)
        else { throw tampered(record.id, "its record does not match its first event") }
    }

    private func tampered(_ run: RunID, _ what: String) -> JournalError {
        JournalError(
            .tampered,
            "\(path): run \(run) was changed by something other than Turnout: \(what); it cannot continue. See "
                + "`turnout events \(run) --verify`")
    }
}
