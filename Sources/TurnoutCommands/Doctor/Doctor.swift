internal import FoundationEssentials
internal import PlaybookSyntax
internal import RolloutEngine
internal import RolloutService
internal import Rollouts
internal import SQLiteState
internal import Support

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// Looks at a workspace; what can't be looked at is a finding too.
struct Doctor {
    var workspace: Workspace
    /// Whether what no deployment uses is removed; otherwise nothing is changed.
    var cleans = false
    /// The backend that is asked about, with its settings; nil where none is.
    var selection: BackendSelection?
    /// What a playbook says of it; nil where none is named.
    var plan: Plan?

    func look() async -> [Diagnosis] {
        var found = stateFolder() + journal()
        for plugin in Composition.current.backends.plugins {
            let isSelected = plugin.name == selection?.plugin.name
            found += await plugin.diagnose(
                DoctorVisit(
                    state: workspace.state, isSelected: isSelected,
                    settings: isSelected ? selection?.settled(.null) ?? .null : .null, plan: isSelected ? plan : nil,
                    cleans: cleans))
        }
        return found + playbooks() + backend()
    }

    private func stateFolder() -> [Diagnosis] {
        var isFolder = false
        guard FileManager.default.fileExists(atPath: workspace.state, isDirectory: &isFolder) else {
            guard access(workspace.state.parentFolder, W_OK) == 0 else {
                return [
                    Diagnosis(
                        .error, "state", "there is no \(workspace.state), and it cannot be made",
                        advice: "set TURNOUT_STATE to a folder that you may write")
                ]
            }
            return [Diagnosis(.ok, "state", "there is no \(workspace.state) yet; the first run makes it")]
        }
        guard isFolder else {
            return [
                Diagnosis(
                    .error, "state", "\(workspace.state) is no folder", advice: "move it away, or set TURNOUT_STATE")
            ]
        }
        guard access(workspace.state, W_OK | X_OK) == 0 else {
            return [
                Diagnosis(
                    .error, "state", "\(workspace.state) cannot be written by you",
                    advice: "change its owner or mode, or set TURNOUT_STATE to a folder that you may write")
            ]
        }
        return [Diagnosis(.ok, "state", "\(workspace.state) can be written"), freeSpace()] + locks()
    }

    /// The locks that every write holds for milliseconds.
    private func locks() -> [Diagnosis] {
        ["turnout.lock", "simulated.lock"].compactMap { name in
            let path = workspace.state + "/" + name
            do {
                guard let lock = try FileLock(existing: path) else { return nil }
                guard try lock.tryAcquire(.shared) else {
                    return Diagnosis(
                        .warning, "lock", "another process has \(path) at this moment",
                        advice: "look again; if it stays so, see who it is by `fuser \(path)`")
                }
                lock.release()
                return Diagnosis(.ok, "lock", "\(path) is free")
            } catch {
                return Diagnosis(.error, "lock", "\(error)", advice: "let \(path) be read and written by you")
            }
        }
    }

    private func freeSpace() -> Diagnosis {
        var status = statvfs()
        guard statvfs(workspace.state, &status) == 0 else {
            return Diagnosis(.warning, "disk", "how much is free in \(workspace.state) cannot be told")
        }
        let free = UInt64(status.f_bavail) * UInt64(status.f_frsize) / 1_048_576
        switch free {
        case ..<16:
            return Diagnosis(
                .error, "disk", "\(free) MiB are free in \(workspace.state)",
                advice: "make room: a run that cannot be written stops with 74")
        case ..<256:
            return Diagnosis(.warning, "disk", "\(free) MiB are free in \(workspace.state)", advice: "make room soon")
        default: return Diagnosis(.ok, "disk", "\(free) MiB are free in \(workspace.state)")
        }
    }

    private func journal() -> [Diagnosis] {
        guard FileManager.default.fileExists(atPath: workspace.state + "/turnout.sqlite") else {
            return [Diagnosis(.ok, "journal", "no run was started here yet")]
        }
        do throws(JournalError) {
            let journal = try Composition.current.openJournal(workspace.state, true)
            let found = journal.diagnose()
            try journal.close()
            return found
        } catch {
            return [Diagnosis(.error, "journal", error.message, advice: advice(on: error))]
        }
    }

    /// Where the message itself does not say it.
    private func advice(on error: JournalError) -> String {
        switch error.code {
        case .notAJournal: "move the file away; the next run makes a new journal"
        case .newer: "use the newer Turnout, or another TURNOUT_STATE"
        case .busy: "see who has it open by `fuser \(workspace.state)/turnout.lock`"
        case .noSpace: "make room on the disk"
        default: "copy \(workspace.state) away before anything else, then move the journal away"
        }
    }

    private func playbooks() -> [Diagnosis] {
        do throws(ServiceError) {
            let paths = try PlaybookFolder(workspace).all()
            guard !paths.isEmpty else {
                return [
                    Diagnosis(
                        .warning, "playbooks", "there are none in \(workspace.playbooks)",
                        advice: "set TURNOUT_HOME to the folder that has Playbooks/, or name playbooks by their path")
                ]
            }
            var broken: [Diagnosis] = []
            for path in paths { broken += try problems(of: path) }
            let good = paths.count - broken.count { $0.level == .error }
            return [Diagnosis(.ok, "playbooks", "\(good) of \(paths.count) can be planned")] + broken
        } catch {
            return [Diagnosis(.error, "playbooks", error.message, advice: "let it be read by you")]
        }
    }

    /// What a check with the playbook's own inputs finds; an input that must be given is no error of the playbook.
    private func problems(of path: String) throws(ServiceError) -> [Diagnosis] {
        // Which gateway of a cluster it is about comes with an input.
        let composition = Composition.current
        let named = try composition.backends.selection(named: BackendFlags.usable)
        let usable = named.plugin.cluster == nil ? named : try composition.backends.selection(named: nil)
        let service = RolloutService(
            journal: InMemoryJournal(), backends: composition.backends, workspace: workspace,
            caller: composition.caller, notify: Notices.tell)
        let outcome = service.outcome(
            of: PlanRequest(path: path, selection: usable),
            for: RunID(playbook: PlaybookFolder.name(of: path), number: 1))
        guard outcome.snapshot == nil else { return [] }
        let needsInput = try isWaitingForInput(path)
        guard !needsInput || outcome.findings.contains(where: { $0.severity == .error && $0.rule != "Input" }) else {
            return []
        }
        let first = outcome.findings.first { $0.severity == .error }
        return [
            Diagnosis(
                .error, "playbooks", "\(path): \(outcome.findings.summary); first: \(first?.message ?? "no plan")",
                advice: "see `turnout check \(PlaybookFolder.name(of: path))`")
        ]
    }

    private func isWaitingForInput(_ path: String) throws(ServiceError) -> Bool {
        do throws(FileProblem) {
            return try PlaybookSource(path: path).summary.inputs.contains { $0.default == nil }
        } catch {
            throw ServiceError(.invalidPlaybook, "\(path): \(error)")
        }
    }

    private func backend() -> [Diagnosis] {
        do throws(CommandFailure) {
            let selection = try BackendFlags.selection(named: nil)
            return [Diagnosis(.ok, "backend", "\(selection.name) is used where no --backend is given")]
        } catch {
            return [
                Diagnosis(.error, "backend", error.message, advice: "unset TURNOUT_BACKEND, or set it to a known one")
            ]
        }
    }
}
