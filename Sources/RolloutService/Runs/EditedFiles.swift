internal import AssetFiles
internal import FoundationEssentials
internal import PlaybookSyntax
internal import RolloutEngine
internal import Rollouts
internal import Support

/// How the files of a plan stand on disk, beside what the run keeps of them (P7).
struct EditedFiles {
    /// What differs, as `diff -u` tells it; nothing where all is as it was.
    var lines: [String] = []
    /// The names of the files that differ.
    var names: [String] = []
    /// Where the playbook is now; nil where it is gone.
    var playbook: String?

    /// A playbook that is not where it was any more, as on another machine, is looked for in the workspace.
    init(_ run: StoredRun, in workspace: Workspace) {
        let snapshot = run.snapshot
        guard let first = snapshot.plan.files.first else { return }
        playbook = Self.place(of: first.path, from: run.record.playbookFolder, in: workspace)
        guard let playbook else {
            // Where the others would be is not known without it.
            names = [first.path]
            lines = ["\(first.path) is not there any more, or cannot be read"]
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

    /// Files inside of code folders and models, whose content the run does not keep: which of them differ.
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
                ? "is new since the plan was made"
                : new.contains(path) ? "is not as it was when the plan was made" : "is not there any more"
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
            lines.append("\(file.path) is not there any more, or cannot be read")
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
            + [workspace.playbooks + "/" + name]
        return candidates.first { FileManager.default.fileExists(atPath: $0) }
    }

    /// The folder of a run's playbook, absolute; nil where the playbook is not on disk any more.
    static func playbookFolder(of record: RunRecord, _ plan: Plan, in workspace: Workspace) -> String? {
        guard let first = plan.files.first else { return nil }
        return place(of: first.path, from: record.playbookFolder, in: workspace).map(folder)
    }

    private static func folder(of path: String) -> String { PlaybookSyntax.folder(of: path) }
}

extension RolloutService {
    /// Tells what was edited since the run started, and what becomes of it.
    func tell(_ files: EditedFiles, of run: StoredRun, isAdopted: Bool) {
        guard !files.names.isEmpty else { return }
        for line in files.lines { note(line) }
        let names = files.names.joined(separator: ", ")
        guard !isAdopted else { return note("note: \(names): the edited files are used from here on") }
        notify(
            .note(
                "note: \(names) changed since the run started; the run goes on with what it keeps",
                suggestions: canAdopt(files, run) ? [.step(.adopt, of: run.record.id)] : []))
    }

    /// Whether the edited playbook could take the place of the one that the run keeps at the gate where the run, which goes
    /// on now, stops next: until then this process has it, and nobody else can adopt anything.
    private func canAdopt(_ files: EditedFiles, _ run: StoredRun) -> Bool {
        let stages = run.snapshot.plan.stages
        let gate = stages.indices.first {
            $0 > run.record.position && stages[$0].approval != nil && stages[$0].skip == nil
        }
        guard let gate else { return false }
        do throws(ServiceError) { return try adoption(of: files, run, at: gate) != nil } catch { return false }
    }
}
