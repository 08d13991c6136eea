internal import FoundationEssentials
internal import GRDB
internal import RolloutEngine
internal import Rollouts
internal import SQLiteState

extension SQLiteJournal {
    /// Returns where the tables derived from events differ from the events (P13).
    ///
    /// Use it only on an intact chain; the events of a broken one prove nothing.
    func derivedFindings(_ run: RunID, _ db: Database) throws -> [String] {
        let record = try record(of: run, in: db)
        var check = RecordCheck(of: record, stages: try Self.stages(of: run, in: db))
        try EventLine.forEach(of: run, in: db) { line in
            let event = try decode(RunEvent.self, from: line.payload, of: "event \(line.sequence) of \(run)")
            check.look(at: event, at: line.at)
        }
        return check.finish() + (try columnFindings(record, db)) + (try requestFindings(run, db))
    }

    /// Returns where the columns that readers use differ from the record in the same row.
    private func columnFindings(_ record: RunRecord, _ db: Database) throws -> [String] {
        let columns: [(String, String?)] = [
            ("playbook", record.id.playbook), ("number", "\(record.id.number)"), ("backend", record.backend),
            ("endpoint", record.endpoint.text), ("lease_key", record.leaseKey.description),
            ("status", record.status.rawValue), ("position", "\(record.position)"),
            ("starter", record.starter.description), ("started", "\(record.started.milliseconds)"),
            ("ended", record.ended.map { "\($0.milliseconds)" }), ("parent_run", record.parent?.run.description),
            ("parent_stage", record.parent?.stage), ("plan_hash", record.planHash), ("reason", record.reason),
        ]
        let list = columns.map { "CAST(\($0.0) AS TEXT)" }.joined(separator: ", ")
        let row = try db.firstRow("SELECT \(list) FROM runs WHERE id = ?", [record.id.description]) { row in
            columns.indices.map { row.optionalText(Int32($0)) }
        }
        guard let row else { throw unknown(record.id) }
        return zip(columns, row).compactMap { column, found in
            column.1 == found ? nil : "column \(column.0) of run \(record.id) was changed: it does not match the record"
        }
    }

    /// Returns where the requests, or the marks of used requests, differ from the events.
    private func requestFindings(_ run: RunID, _ db: Database) throws -> [String] {
        let made = try RecordedRequests.read(of: run, in: db)
        let kept = try Self.requests(of: run, where: "", in: db)
        var findings = kept.filter { made[$0.request.number] != $0.request }.map {
            "request \($0.request.number) of \(run) was changed or added: no event records it in this form"
        }
        let numbers = Set(kept.map(\.request.number))
        findings += made.keys.sorted().filter { !numbers.contains($0) }.map {
            "request \($0) of \(run) was deleted: an event records that it was made"
        }
        var used: Set<Int> = []
        try EventLine.forEach(of: run, kind: "approval.counted", in: db) { line in
            let event = try decode(RunEvent.self, from: line.payload, of: "an event of \(run)")
            if case .approvalCounted(let number, _) = event { used.insert(number) }
        }
        findings += kept.filter { !$0.isUsed && used.contains($0.request.number) }.map {
            "request \($0.request.number) of \(run) was changed: an event records that it was used"
        }
        return findings
    }
}
