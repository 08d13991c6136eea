package import FoundationEssentials
package import Rollouts

/// A plan with its hash and the bytes of the files that it names.
package struct PlanSnapshot: Sendable {
    package var plan: Plan
    /// ``Plan/hash()``.
    package var hash: String
    /// By path, as in ``Plan/files``.
    package var contents: [String: Data]

    package init(plan: Plan, hash: String, contents: [String: Data]) {
        self.plan = plan
        self.hash = hash
        self.contents = contents
    }

    /// The bytes of the plan's files by their digests; throws ``JournalError/Code/tampered`` unless they fit.
    package func filesByDigest() throws(JournalError) -> [String: Data] {
        var files: [String: Data] = [:]
        for file in plan.files {
            guard let bytes = contents[file.path], hexadecimalDigest(of: bytes) == file.digest else {
                throw JournalError(.tampered, "\(file.path) changed while the plan was made; type the command again")
            }
            files[file.digest] = bytes
        }
        return files
    }

    /// The records of the plan's stages when it takes the place of another: those that change, and else those that
    /// stood there, and else new ones.
    package func records(changing changes: [Int: StageRecord], keeping old: [StageRecord]) -> [StageRecord] {
        plan.stages.indices.map { position in
            if let changed = changes[position] { return changed }
            if old.indices.contains(position) { return old[position] }
            let stage = plan.stages[position]
            return StageRecord(name: stage.name, action: stage.action.kind)
        }
    }
}
