internal import GRDB
package import RolloutEngine
internal import SQLiteState
internal import Support

extension SQLiteJournal {
    /// Checks the file, its settings, every lease and every run's chain; a failed check is also a finding.
    package func diagnose() -> [Diagnosis] {
        let parts: [(String, () throws -> [Diagnosis])] = [
            ("sqlite", { try self.settings() }), ("file", { try self.integrity() }),
            ("lease", { try self.leaseFindings() }), ("chain", { try self.chains() }),
        ]
        return parts.flatMap { subject, look in
            do {
                return try look()
            } catch {
                return [
                    Diagnosis(.error, subject, "\(error)", advice: "fix this problem, then run `turnout doctor` again")
                ]
            }
        }
    }

    private func settings() throws -> [Diagnosis] {
        let facts = try state.facts()
        var found = [
            facts.hasCheckpointRace
                ? Diagnosis(
                    .warning, "sqlite",
                    "SQLite \(facts.version) can lose commits when a checkpoint meets a write (fixed in 3.51.3); Turnout "
                        + "prevents this with the lock \(folder)/turnout.lock",
                    advice: "do not let any other program write to \(path)")
                : Diagnosis(.ok, "sqlite", "SQLite \(facts.version)")
        ]
        found.append(
            facts.journalMode == "wal"
                ? Diagnosis(.ok, "journal mode", "wal")
                : Diagnosis(
                    .error, "journal mode", "\(path) is in the mode \(facts.journalMode), not wal",
                    advice: "run a command that writes, such as `turnout resume`; it sets the mode"))
        if !state.isReadOnly {
            found.append(
                facts.synchronous == Durability.full.rawValue
                    ? Diagnosis(
                        .ok, "durability", "synchronous=FULL (verified): committed events survive power loss")
                    : Diagnosis(
                        .error, "durability", "synchronous is \(facts.synchronous), not 2 (FULL)",
                        advice: "report this as a bug in Turnout"))
        }
        found.append(
            Diagnosis(
                .ok, "version", "application_id \(facts.applicationID), journal version \(facts.userVersion)"))
        let size = "\(path)-wal has \(facts.walBytes) bytes"
        found.append(
            facts.walBytes > 64 << 20
                ? Diagnosis(
                    .warning, "wal", "\(size): a program has been reading the file for a long time",
                    advice: "find the program with `fuser \(path)`")
                : Diagnosis(.ok, "wal", size))
        return found
    }

    private func integrity() throws -> [Diagnosis] {
        let problems = try state.integrityProblems()
        guard problems.isEmpty else {
            return problems.map {
                Diagnosis(.error, "file", "\(path): \($0)", advice: "back up the folder before you do anything else")
            }
        }
        return [Diagnosis(.ok, "file", "integrity_check and foreign_key_check found nothing")]
    }

    private func leaseFindings() throws -> [Diagnosis] {
        let holders = try leases()
        guard !holders.isEmpty else { return [Diagnosis(.ok, "lease", "no endpoint is leased")] }
        return holders.map { holder in
            let who = "\(holder.key): run \(holder.run) (process \(holder.process) on \(holder.host))"
            guard holder.isAlive else {
                return Diagnosis(.warning, "lease", "\(who) is dead", advice: "run `turnout resume \(holder.run)`")
            }
            guard holder.silent < LeaseHolder.patience else {
                return Diagnosis(
                    .warning, "lease", "\(who) is alive but has been silent for \(holder.silent)",
                    advice: "if it hangs, run `turnout resume \(holder.run) --take-over`")
            }
            return Diagnosis(.ok, "lease", "\(who) is alive and last wrote \(holder.silent) ago")
        }
    }

    private func chains() throws -> [Diagnosis] {
        let runs = try runIDs()
        var broken: [Diagnosis] = []
        var whole = 0
        for run in runs {
            let findings = try verify(run)
            if findings.isEmpty { whole += 1 }
            broken += findings.map {
                Diagnosis(.error, "chain", $0, advice: "trust what the backend shows, not \(run); see `turnout events`")
            }
        }
        guard whole > 0 else { return broken }
        let subject = whole.counted("run")
        return broken + [Diagnosis(.ok, "chain", "\(subject): all events are intact")]
    }

    /// Returns the IDs of all runs, newest first, without reading their records.
    package func runIDs() throws(JournalError) -> [RunID] { try runIDs(where: "", []) }

    package func runIDs(in status: RunStatus) throws(JournalError) -> [RunID] {
        try runIDs(where: "WHERE status = ?", [status.rawValue])
    }

    private func runIDs(where condition: String, _ arguments: [(any DatabaseValueConvertible)?])
        throws(JournalError) -> [RunID]
    {
        try read { db in
            var runs: [RunID] = []
            try db.forEachRow("SELECT id FROM runs \(condition) ORDER BY rowid DESC", arguments) { row in
                guard let run = RunID(row.text(0)) else {
                    throw JournalError(.tampered, "\(path): '\(row.text(0))' is not a run ID")
                }
                runs.append(run)
            }
            return runs
        }
    }
}
