internal import FoundationEssentials
internal import GRDB
internal import RolloutEngine
internal import Rollouts
internal import SQLiteState

extension SQLiteJournal {
    /// Whether the tables that follow from the events say what the events come to (DESIGN §5).
    ///
    /// Only of a chain that holds: what a broken one comes to means nothing.
    func foldFindings(_ run: RunID, _ db: Database) throws -> [String] {
        let record = try record(of: run, in: db)
        let stages = try Self.stages(of: run, in: db)
        guard let told = try folded(run, names: stages, in: db) else {
            return ["the first event of \(run) does not start it"]
        }
        var findings: [String] = []
        var expected = told.record
        // What was seen last is kept for showing, without an event.
        (expected.latest, expected.latestAt) = (record.latest, record.latestAt)
        if record != expected { findings.append("the record of \(run) was changed: its events come to another one") }
        if stages.count != told.stages.count {
            findings.append("\(run) has \(stages.count) stages, and its events tell of \(told.stages.count)")
        }
        for (stage, expected) in zip(stages, told.stages) where stage != expected {
            findings.append(
                "stage \(expected.name) of \(run) was changed: its events come to \(expected.status.rawValue) after "
                    + "\(expected.attempts) attempts\(expected.reason.map { " (\($0))" } ?? "")")
        }
        return findings + (try columnFindings(record, db)) + (try requestFindings(run, db))
    }

    /// The run as its events make it; `names` are the stages that it begins with.
    private func folded(_ run: RunID, names: [StageRecord], in db: Database) throws -> RunState? {
        var state: RunState?
        try db.forEachRow(
            "SELECT sequence, at, payload FROM events WHERE run = ? ORDER BY sequence", [run.description]
        ) { row in
            let event = try decode(RunEvent.self, from: row.bytes(2), of: "event \(row.integer(0)) of \(run)")
            guard var present = state else {
                guard case .runStarted(let record, let inherited) = event else { return }
                let rest = names.dropFirst(inherited.count).map { StageRecord(name: $0.name, action: $0.action) }
                state = RunState(record: record, stages: inherited + rest)
                return
            }
            present.apply(StampedEvent(at: Timestamp(milliseconds: row.integer(1)), stage: nil, event: event))
            state = present
        }
        return state
    }

    /// Whether the columns that readers use are those of the record beside them.
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
            column.1 == found ? nil : "the column \(column.0) of run \(record.id) was changed: its record differs"
        }
    }

    /// Whether the requests are those that the events tell of, and those that the run has used are marked so.
    private func requestFindings(_ run: RunID, _ db: Database) throws -> [String] {
        let made = try MadeRequests.read(of: run, in: db)
        let kept = try Self.requests(of: run, where: "", in: db)
        var findings = kept.filter { made[$0.request.number] != $0.request }.map {
            "request \($0.request.number) of \(run) was changed or added: no event tells of it as it is"
        }
        let numbers = Set(kept.map(\.request.number))
        findings += made.keys.sorted().filter { !numbers.contains($0) }.map {
            "request \($0) of \(run) was deleted: an event tells that it was made"
        }
        var used: Set<Int> = []
        try EventLine.forEach(of: run, kind: "approval.counted", in: db) { line in
            let event = try decode(RunEvent.self, from: line.payload.bytes, of: "an event of \(run)")
            if case .approvalCounted(let number, _) = event { used.insert(number) }
        }
        findings += kept.filter { !$0.isUsed && used.contains($0.request.number) }.map {
            "request \($0.request.number) of \(run) was changed: an event tells that it was used"
        }
        return findings
    }
}
