internal import FoundationEssentials
internal import GRDB
package import RolloutEngine
internal import Rollouts
internal import SQLiteState

extension SQLiteJournal {
    /// Verifies a run as the protocol says, and also checks the tables that are derived from events.
    ///
    /// An attacker who rewrites every line after the edited one as well as the chain's end in the run's row is not
    /// detected; to detect that, keep the last event's hash elsewhere.
    package func verify(_ run: RunID) throws(JournalError) -> [String] {
        let findings = try findings(run, chainFindings) + findings(run, planFindings)
        // The events of a broken chain prove nothing.
        return findings.isEmpty ? try self.findings(run, derivedFindings) : findings
    }

    private func findings(
        _ run: RunID, _ look: (RunID, Database) throws -> [String]
    ) throws(JournalError) -> [String] {
        do throws(JournalError) {
            return try read { db in try look(run, db) }
        } catch {
            // Unreadable data is a finding; a busy or missing file is not.
            guard error.code == .tampered || error.code == .inputOutput else { throw error }
            return [error.message]
        }
    }

    /// Returns the lines that the hash chain shows to be changed, deleted, added or moved.
    private func chainFindings(_ run: RunID, _ db: Database) throws -> [String] {
        guard let end = try StoredChain(of: run, in: db)?.end else { throw unknown(run) }
        var check = ChainCheck(against: end)
        try EventLine.forEach(of: run, in: db) { check.look(at: $0) }
        return check.finish()
    }

    /// Returns where the plan, its stages and its files differ from those that the run was started with.
    private func planFindings(_ run: RunID, _ db: Database) throws -> [String] {
        var findings: [String] = []
        var digests: [(String, String)] = []
        try db.forEachRow(
            """
            SELECT 'the plan''s header', header_digest FROM runs WHERE id = ?1
            UNION ALL SELECT path, digest FROM run_files WHERE run = ?1
            """, [run.description]
        ) { digests.append(($0.text(0), $0.text(1))) }
        for (name, digest) in digests {
            let bytes = try db.firstRow("SELECT bytes FROM definitions WHERE digest = ?", [digest]) { $0.bytes(0) }
            if bytes.map(hexadecimalDigest) != digest {
                findings.append("\(name) of \(run) was changed: it does not match the digest \(digest.prefix(12))…")
            }
        }
        guard findings.isEmpty else { return findings }
        let row = try db.firstRow(
            """
            SELECT plan_hash, bytes FROM runs JOIN definitions ON digest = header_digest WHERE id = ?
            """, [run.description]
        ) { ($0.text(0), $0.bytes(1)) }
        guard let (planHash, bytes) = row else { throw unknown(run) }
        let header = try decode(Plan.Header.self, from: bytes, of: "the plan of run \(run)")
        var definitions: [Data] = []
        try db.forEachRow("SELECT definition FROM stages WHERE run = ? ORDER BY position", [run.description]) {
            definitions.append($0.bytes(0))
        }
        if try Plan(header: header, stages: StageList(verified: definitions)).hash() != planHash {
            findings.append(
                "a stage definition of \(run) was changed, added or deleted: the plan does not match its hash")
        }
        let kept = Set(digests.dropFirst().map { "\($0.0)\0\($0.1)" })
        if kept != Set(header.files.map { "\($0.path)\0\($0.digest)" }) {
            findings.append("the list of files of \(run) was changed: it does not match the plan")
        }
        return findings
    }
}
