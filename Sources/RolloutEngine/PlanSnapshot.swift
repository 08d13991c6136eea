package import FoundationEssentials
package import Rollouts

/// A plan with its hash and the contents of the files that it refers to.
package struct PlanSnapshot: Sendable {
    package var plan: Plan
    /// ``Plan/hash()``.
    package var hash: String
    /// The file contents by path, as in ``Plan/files``.
    package var contents: [String: Data]

    package init(plan: Plan, hash: String, contents: [String: Data]) {
        self.plan = plan
        self.hash = hash
        self.contents = contents
    }

    /// Returns the contents of the plan's files by digest; throws ``JournalError/Code/tampered`` if one does not match.
    package func filesByDigest() throws(JournalError) -> [String: Data] {
        var files: [String: Data] = [:]
        for file in plan.files {
            guard let bytes = contents[file.path], hexadecimalDigest(of: bytes) == file.digest else {
                throw JournalError(.tampered, "\(file.path) changed while planning; run the command again")
            }
            files[file.digest] = bytes
        }
        return files
    }

    /// Returns the stage records when this plan replaces another one.
    ///
    /// A changed record is used first, then the old record at the same position, then a new one.
    package func records(changing changes: [Int: StageRecord], keeping old: [StageRecord]) -> [StageRecord] {
        plan.stages.indices.map { position in
            if let changed = changes[position] { return changed }
            if old.indices.contains(position) { return old[position] }
            let stage = plan.stages[position]
            return StageRecord(name: stage.name, action: stage.action.kind)
        }
    }
}
