internal import GRDB
package import RolloutEngine
internal import Rollouts
internal import SQLiteState

extension SQLiteJournal {
    package func submit(
        _ request: Request, to run: RunID, validate: ([StoredRequest]) throws(JournalError) -> Void
    ) throws(JournalError) -> Request {
        try write { db in
            guard var chain = try StoredChain(of: run, in: db) else { throw unknown(run) }
            try validate(try Self.requests(of: run, where: "", in: db))
            let kept = try Self.keep(request, of: run, chain: &chain, in: db)
            try chain.save(in: db)
            return kept
        }
    }

    package func pendingRequests(of run: RunID) throws(JournalError) -> [Request] {
        // This is checked before every step of a run, and usually there are no pending requests.
        guard try look({ db in try Self.hasPendingRequests(run, in: db) }) else { return [] }
        return try read { db in
            let pending = try Self.requests(of: run, where: "AND used_by IS NULL", in: db).map(\.request)
            for request in pending { try recordedRequests.check(request, of: run, in: db) }
            return pending
        }
    }

    private static func hasPendingRequests(_ run: RunID, in db: Database) throws -> Bool {
        try db.firstRow("SELECT 1 FROM requests WHERE run = ? AND used_by IS NULL LIMIT 1", [run.description]) { _ in
            true
        } ?? false
    }

    package func requests(of run: RunID) throws(JournalError) -> [StoredRequest] {
        try read { db in try Self.requests(of: run, where: "", in: db) }
    }

    /// Writes the request with the run's next number and its event; epoch 0 means that no runner wrote it.
    static func keep(
        _ request: Request, of run: RunID, chain: inout StoredChain, in db: Database
    ) throws -> Request {
        var request = request
        let last = try db.firstRow("SELECT max(number) FROM requests WHERE run = ?", [run.description]) {
            Int($0.integer(0))
        }
        request.number = (last ?? 0) + 1
        try db.run(
            """
            INSERT INTO requests
                (run, number, kind, stage, attempt, plan_hash, fingerprint, person, host, at, reason, evidence, member_of)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                run.description, request.number, request.kind.rawValue, request.stage, request.attempt,
                request.planHash, request.fingerprint, request.by.name, request.by.host, request.at.milliseconds,
                request.reason, request.evidence, request.memberOf,
            ])
        try chain.append(.requestMade(request), at: request.at, stage: request.stage, epoch: 0, in: db)
        return request
    }

    /// Marks the request as used; throws if it was already used or does not exist.
    func use(request number: Int, of run: RunID, by sequence: Int, in db: Database) throws {
        let changed = try db.run(
            "UPDATE requests SET used_by = ? WHERE run = ? AND number = ? AND used_by IS NULL",
            [sequence, run.description, number])
        guard changed == 1 else {
            throw JournalError.notPending(number, of: run)
        }
    }

    static func requests(of run: RunID, where condition: String, in db: Database) throws -> [StoredRequest] {
        var requests: [StoredRequest] = []
        try db.forEachRow(
            """
            SELECT number, kind, stage, attempt, plan_hash, fingerprint, person, host, at, reason, evidence, used_by,
                member_of
            FROM requests WHERE run = ? \(condition) ORDER BY number
            """, [run.description]
        ) { row in
            guard let kind = Request.Kind(rawValue: row.text(1)) else {
                throw JournalError(
                    .tampered, "request \(row.integer(0)) of run \(run) has the unknown kind \(row.text(1))")
            }
            let request = Request(
                number: Int(row.integer(0)), kind: kind, stage: row.optionalText(2),
                attempt: row.optionalInteger(3).map { Int($0) }, planHash: row.text(4),
                fingerprint: row.optionalText(5), by: Person(name: row.text(6), host: row.text(7)),
                memberOf: row.optionalText(12), at: Timestamp(milliseconds: row.integer(8)),
                reason: row.optionalText(9), evidence: row.optionalText(10)
            )
            requests.append(StoredRequest(request: request, isUsed: !row.isNull(11)))
        }
        return requests
    }
}
