internal import FoundationEssentials
internal import GRDB
package import RolloutEngine
internal import Rollouts
internal import SQLiteState

extension SQLiteJournal {
    package func create(_ run: NewRun, under lease: Lease) throws(JournalError) {
        let record = run.record
        try write { db in
            try holdLease(lease, for: record.id, in: db)
            let taken = try db.firstRow("SELECT 1 FROM runs WHERE id = ?", [record.id.description]) { _ in true }
            guard taken == nil else { throw JournalError.exists(record.id, in: path) }
            if let other = try Self.unfinishedRun(on: lease.key, in: db) {
                throw JournalError.unfinished(other, on: lease.key)
            }
            try Self.keep(run.snapshot, in: db)
            var chain = StoredChain(new: record.id, on: lease.key, knowing: known)
            try insert(record, key: lease.key, header: try run.snapshot.plan.header.encoded(), in: db)
            try replaceFiles(of: record.id, by: run.snapshot, in: db)
            for (position, stage) in run.stages.enumerated() {
                let definition = try run.snapshot.plan.stages.encoded(at: position)
                try Self.insert(stage, at: position, of: record.id, definition: definition, in: db)
            }
            for event in run.events {
                let stage = event.stage.flatMap { run.stages.indices.contains($0) ? run.stages[$0].name : nil }
                try chain.append(event.event, at: event.at, stage: stage, epoch: lease.epoch, in: db)
            }
            for request in run.requests { _ = try Self.keep(request, of: record.id, chain: &chain, in: db) }
            try chain.save(in: db)
        }
    }

    package func commit(_ commit: Commit, under lease: Lease) throws(JournalError) {
        try write { db in
            try holdLease(lease, for: commit.run, in: db)
            guard var chain = try StoredChain(of: commit.run, knowing: known, in: db) else {
                throw unknown(commit.run)
            }
            guard chain.leaseKey == lease.key.description else {
                throw JournalError.otherEndpoint(of: commit.run, having: chain.leaseKey, under: lease)
            }
            try append(commit, to: &chain, epoch: lease.epoch, in: db)
        }
    }

    package func note(_ commit: Commit, of record: RunRecord) throws(JournalError) -> Bool {
        try write { db in
            guard var chain = try StoredChain(of: commit.run, knowing: known, in: db) else {
                throw unknown(commit.run)
            }
            let holder = try LeaseRow.fetch(chain.leaseKey, in: db)?.holder(seenFrom: machine, locks: self)
            guard holder?.isAlive != true, try self.record(of: commit.run, in: db) == record else { return false }
            try append(commit, to: &chain, epoch: 0, in: db)
            return true
        }
    }

    private func append(_ commit: Commit, to chain: inout StoredChain, epoch: Int, in db: Database) throws {
        if let adopted = commit.adopted {
            try adopt(adopted, by: commit, in: db)
        } else {
            for (position, stage) in commit.stages {
                try update(stage, at: position, of: commit.run, in: db)
            }
        }
        for event in commit.events {
            var stage: String?
            if let position = event.stage {
                stage = try commit.stages[position]?.name ?? name(ofStageAt: position, of: commit.run, in: db)
            }
            try chain.append(event.event, at: event.at, stage: stage, epoch: epoch, in: db)
        }
        for number in commit.usedRequests {
            try use(request: number, of: commit.run, by: chain.end.count, in: db)
        }
        try save(commit.record, chain: chain, in: db)
    }

    /// Returns the unfinished run on an endpoint; there is at most one.
    package func unfinishedRun(on endpoint: LeaseKey) throws(JournalError) -> RunID? {
        try read { db in try Self.unfinishedRun(on: endpoint, in: db) }
    }

    private static func unfinishedRun(on endpoint: LeaseKey, in db: Database) throws -> RunID? {
        try db.firstRow(
            "SELECT id FROM runs WHERE lease_key = ? AND status IN ('running', 'waiting', 'held')",
            [endpoint.description]
        ) { RunID($0.text(0)) }.flatMap { $0 }
    }
}

// MARK: - Rows

extension SQLiteJournal {
    private func insert(_ record: RunRecord, key: LeaseKey, header: Data, in db: Database) throws {
        try db.run(
            """
            INSERT INTO runs (id, playbook, number, backend, endpoint, lease_key, status, position, starter, started,
                ended, parent_run, parent_stage, plan_hash, header_digest, event_count, head_hash, reason, record)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                record.id.description, record.id.playbook, record.id.number, record.backend, record.endpoint.text,
                key.description, record.status.rawValue, record.position, record.starter.description,
                record.started.milliseconds, record.ended?.milliseconds, record.parent?.run.description,
                record.parent?.stage, record.planHash, hexadecimalDigest(of: header), 0, EventChain.origin,
                record.reason,
                String(decoding: try CompactJSON.encode(record, knowing: known), as: UTF8.self),
            ])
    }

    private func save(_ record: RunRecord, chain: StoredChain, in db: Database) throws {
        try db.run(
            """
            UPDATE runs SET position = ?, ended = ?, plan_hash = ?, event_count = ?, head_hash = ?, reason = ?, record = ?
            WHERE id = ?
            """,
            [
                record.position, record.ended?.milliseconds, record.planHash, chain.end.count, chain.end.head,
                record.reason,
                String(decoding: try CompactJSON.encode(record, knowing: known), as: UTF8.self),
                record.id.description,
            ])
        // The status is written separately: it is indexed, and the index would otherwise be written with every commit.
        try db.run(
            "UPDATE runs SET status = ?1 WHERE id = ?2 AND status <> ?1",
            [record.status.rawValue, record.id.description])
    }

    private static func insert(
        _ stage: StageRecord, at position: Int, of run: RunID, definition: Data, in db: Database
    ) throws {
        try db.run(
            """
            INSERT INTO stages (run, position, name, action, status, attempts, started, ended, reason, definition)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                run.description, position, stage.name, stage.action.rawValue, stage.status.rawValue, stage.attempts,
                stage.started?.milliseconds, stage.ended?.milliseconds, stage.reason, definition,
            ])
    }

    private func update(_ stage: StageRecord, at position: Int, of run: RunID, in db: Database) throws {
        let changed = try db.run(
            """
            UPDATE stages SET name = ?, action = ?, status = ?, attempts = ?, started = ?, ended = ?, reason = ?
            WHERE run = ? AND position = ?
            """,
            [
                stage.name, stage.action.rawValue, stage.status.rawValue, stage.attempts, stage.started?.milliseconds,
                stage.ended?.milliseconds, stage.reason, run.description, position,
            ])
        guard changed == 1 else { throw JournalError.noStage(at: position, of: run, in: path) }
    }

    private func name(ofStageAt position: Int, of run: RunID, in db: Database) throws -> String? {
        try db.firstRow("SELECT name FROM stages WHERE run = ? AND position = ?", [run.description, position]) {
            $0.text(0)
        }
    }

    /// Replaces the plan's stages; a stage that the commit does not mention keeps its record.
    private func adopt(_ snapshot: PlanSnapshot, by commit: Commit, in db: Database) throws {
        guard snapshot.hash == commit.record.planHash else {
            throw JournalError.planMismatch(commit.run, in: path)
        }
        try Self.keep(snapshot, in: db)
        try replaceFiles(of: commit.run, by: snapshot, in: db)
        let kept = try Self.stages(of: commit.run, in: db)
        try db.run("DELETE FROM stages WHERE run = ?", [commit.run.description])
        for (position, record) in snapshot.records(changing: commit.stages, keeping: kept).enumerated() {
            let definition = try snapshot.plan.stages.encoded(at: position)
            try Self.insert(record, at: position, of: commit.run, definition: definition, in: db)
        }
        try db.run(
            "UPDATE runs SET header_digest = ? WHERE id = ?",
            [hexadecimalDigest(of: try snapshot.plan.header.encoded()), commit.run.description])
    }

    /// Stores the plan's header and files by digest, once regardless of how many runs use them.
    private static func keep(_ snapshot: PlanSnapshot, in db: Database) throws {
        let header = try snapshot.plan.header.encoded()
        try keep(header, digest: hexadecimalDigest(of: header), in: db)
        for (digest, bytes) in try snapshot.filesByDigest() { try keep(bytes, digest: digest, in: db) }
    }

    private static func keep(_ bytes: Data, digest: String, in db: Database) throws {
        try db.run("INSERT OR IGNORE INTO definitions (digest, bytes) VALUES (?, ?)", [digest, bytes])
    }

    private func replaceFiles(of run: RunID, by snapshot: PlanSnapshot, in db: Database) throws {
        try db.run("DELETE FROM run_files WHERE run = ?", [run.description])
        for file in snapshot.plan.files {
            try db.run(
                "INSERT OR REPLACE INTO run_files (run, path, digest) VALUES (?, ?, ?)",
                [run.description, file.path, file.digest])
        }
    }
}
