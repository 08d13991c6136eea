internal import AssetFiles
internal import FoundationEssentials
internal import PlaybookSyntax
internal import RolloutEngine
internal import Rollouts
internal import Support

/// Compares the files of a plan on disk with the copies that the run keeps (P7).
struct EditedFiles {
    /// The differences, in the format of `diff -u`; empty if there are none.
    var lines: [String] = []
    /// The names of the files that differ.
    var names: [String] = []
    /// The playbook's present path; nil if it no longer exists.
    var playbook: String?

    /// Compares the files of `run`.
    ///
    /// A playbook that is no longer at its path, for example on another machine, is looked up in the workspace.
    init(_ run: StoredRun, in workspace: Workspace) {
        let snapshot = run.snapshot
        guard let first = snapshot.plan.files.first else { return }
        playbook = Self.place(of: first.path, from: run.record.playbookFolder, in: workspace)
        guard let playbook else {
            // The other files are relative to the playbook, so they cannot be located.
            names = [first.path]
            lines = ["\(first.path) no longer exists, or cannot be read"]
            return
        }
        let folder = Self.folder(of: playbook)
        for (index, file) in snapshot.plan.files.enumerated() {
            let place =
                index == 0 ? playbook : file.path.hasPrefix("/") ? file.path : "\(folder)/\(file.path)"
            compare(file, snapshot.contents[file.path] ?? Data(), place)
        }
        compareSources(of: snapshot.plan)
    }

    /// Compares files in code folders and models, of which the run keeps only digests.
    private mutating func compareSources(of plan: Plan) {
        guard !plan.sources.isEmpty else { return }
        var present: Set<Plan.Source> = []
        for definition in plan.stages.compactMap(\.action.deployment) {
            let files = DeploymentFiles(definition, yaml: pythonYAMLValue(of:))
            present.formUnion((files?.sources() ?? []).map { Plan.Source(path: $0.path, mark: $0.mark) })
        }
        let before = Set(plan.sources)
        guard present != before else { return }
        let (old, new) = (Set(before.map(\.path)), Set(present.map(\.path)))
        let changed = Set(present.symmetricDifference(before).map(\.path)).sorted()
        for path in changed.prefix(Self.mostLines) {
            let what =
                !old.contains(path)
                ? "was added after the plan was made"
                : new.contains(path) ? "has changed since the plan was made" : "no longer exists"
            lines.append("\(path) \(what)".printable)
        }
        if changed.count > Self.mostLines { lines.append("and \(changed.count - Self.mostLines) more files") }
        names +=
            changed.count > Self.mostNames
            ? Array(changed.prefix(Self.mostNames)) + ["\(changed.count - Self.mostNames) more"] : changed
    }

    private static let mostLines = 20
    private static let mostNames = 5

    private mutating func compare(_ file: Plan.File, _ kept: Data, _ place: String?) {
        let present = place.flatMap(FileManager.default.contents(atPath:))
        guard let present else {
            names.append(file.path)
            lines.append("\(file.path) no longer exists, or cannot be read")
            return
        }
        guard present != kept else { return }
        names.append(file.path)
        lines += TextDifference(
            from: String(decoding: kept, as: UTF8.self), to: String(decoding: present, as: UTF8.self),
            oldName: "\(file.path) (as the run keeps it)", newName: "\(file.path) (on disk)"
        ).lines.map(\.printable)
    }

    private static func place(of path: String, from folder: String?, in workspace: Workspace) -> String? {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        let candidates =
            (folder.map { [$0 + "/" + name] } ?? []) + [path]
            + (path.hasPrefix("/") ? [] : [workspace.home + "/" + path])
            + [workspace.playbooks + "/" + name] + (workspace.stock.map { [$0 + "/" + name] } ?? [])
        return candidates.first { FileManager.default.fileExists(atPath: $0) }
    }

    /// Returns the absolute path of the playbook's folder; nil if the playbook no longer exists.
    static func playbookFolder(of record: RunRecord, _ plan: Plan, in workspace: Workspace) -> String? {
        guard let first = plan.files.first else { return nil }
        return place(of: first.path, from: record.playbookFolder, in: workspace).map(folder)
    }

    private static func folder(of path: String) -> String { PlaybookSyntax.folder(of: path) }
}

extension RolloutService {
    /// Reports what was edited since the run started, and whether the edits are used.
    func tell(_ files: EditedFiles, of run: StoredRun, isAdopted: Bool) {
        guard !files.names.isEmpty else { return }
        for line in files.lines { note(line) }
        let names = files.names.joined(separator: ", ")
        guard !isAdopted else { return note("note: the edited files are used from now on: \(names)") }
        notify(
            .note(
                "note: \(names) changed since the run started; the run continues with its original files",
                suggestions: canAdopt(files, run) ? [.step(.adopt, of: run.record.id)] : []))
    }

    /// Whether the edited playbook could be adopted at the next gate.
    ///
    /// Before it, this process holds the lease, so no other process can adopt it.
    private func canAdopt(_ files: EditedFiles, _ run: StoredRun) -> Bool {
        let stages = run.snapshot.plan.stages
        let gate = stages.indices.first {
            $0 > run.record.position && stages[$0].approval != nil && stages[$0].skip == nil
        }
        guard let gate else { return false }
        do throws(ServiceError) { return try adoption(of: files, run, at: gate) != nil } catch { return false }
    }
}
