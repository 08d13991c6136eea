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

/// Checks a workspace.
///
/// A check that is not possible is a finding too.
struct Doctor {
    var workspace: Workspace
    /// Whether to remove what no deployment uses; if false, nothing is changed.
    var cleans = false
    /// The backend to check in detail, with its settings; nil for none.
    var selection: BackendSelection?
    /// The plan of a playbook for that backend; nil if no playbook is named.
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
                        .error, "state", "\(workspace.state) does not exist and cannot be created",
                        advice: "set TURNOUT_STATE to a folder that you can write to")
                ]
            }
            return [Diagnosis(.ok, "state", "\(workspace.state) does not exist yet; the first run creates it")]
        }
        guard isFolder else {
            return [
                Diagnosis(
                    .error, "state", "\(workspace.state) is not a folder",
                    advice: "move it away, or set TURNOUT_STATE to another folder")
            ]
        }
        guard access(workspace.state, W_OK | X_OK) == 0 else {
            return [
                Diagnosis(
                    .error, "state", "you cannot write to \(workspace.state)",
                    advice: "change its owner or mode, or set TURNOUT_STATE to a folder that you can write to")
            ]
        }
        return [Diagnosis(.ok, "state", "\(workspace.state) is writable"), freeSpace()] + locks()
    }

    /// Checks the locks that every write holds for a few milliseconds.
    private func locks() -> [Diagnosis] {
        ["turnout.lock", "simulated.lock"].compactMap { name in
            let path = workspace.state + "/" + name
            do {
                guard let lock = try FileLock(existing: path) else { return nil }
                guard try lock.tryAcquire(.shared) else {
                    return Diagnosis(
                        .warning, "lock", "another process holds \(path) at this moment",
                        advice: "check again; if it stays held, find the process with `fuser \(path)`")
                }
                lock.release()
                return Diagnosis(.ok, "lock", "\(path) is free")
            } catch {
                return Diagnosis(
                    .error, "lock", "\(error)", advice: "make it readable and writable by you: `chmod u+rw \(path)`")
            }
        }
    }

    private func freeSpace() -> Diagnosis {
        var status = statvfs()
        guard statvfs(workspace.state, &status) == 0 else {
            return Diagnosis(.warning, "disk", "cannot determine the free space in \(workspace.state)")
        }
        let free = UInt64(status.f_bavail) * UInt64(status.f_frsize) / 1_048_576
        switch free {
        case ..<16:
            return Diagnosis(
                .error, "disk", "\(free) MiB are free in \(workspace.state)",
                advice: "free some space: a run that cannot write its state stops with exit status 74")
        case ..<256:
            return Diagnosis(
                .warning, "disk", "\(free) MiB are free in \(workspace.state)", advice: "free some space soon")
        default: return Diagnosis(.ok, "disk", "\(free) MiB are free in \(workspace.state)")
        }
    }

    private func journal() -> [Diagnosis] {
        guard FileManager.default.fileExists(atPath: workspace.state + "/turnout.sqlite") else {
            return [Diagnosis(.ok, "journal", "no run has been started here yet")]
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

    /// Returns what to do about an error of the journal.
    private func advice(on error: JournalError) -> String {
        switch error.code {
        case .notAJournal: "move the file away; the next run creates a new journal"
        case .newer: "use a newer Turnout, or another TURNOUT_STATE"
        case .busy: "find the process that has it open with `fuser \(workspace.state)/turnout.lock`"
        case .noSpace: "free some space on the disk"
        default: "back up \(workspace.state) first, then move the journal away"
        }
    }

    private func playbooks() -> [Diagnosis] {
        do throws(ServiceError) {
            let paths = try PlaybookFolder(workspace).all()
            guard !paths.isEmpty else {
                return [
                    Diagnosis(
                        .warning, "playbooks", "there are none in \(workspace.playbooks)",
                        advice: "set TURNOUT_HOME to the folder that contains Playbooks/, or name playbooks by path")
                ]
            }
            var broken: [Diagnosis] = []
            for path in paths { broken += try problems(of: path) }
            let good = paths.count - broken.count { $0.level == .error }
            return [Diagnosis(.ok, "playbooks", "\(good) of \(paths.count) can be planned")] + broken
        } catch {
            return [
                Diagnosis(
                    .error, "playbooks", error.message,
                    advice: "make it readable by you: `chmod u+rX \(workspace.playbooks)`")
            ]
        }
    }

    /// Checks a playbook with its default inputs.
    ///
    /// A missing required input is not an error of the playbook.
    private func problems(of path: String) throws(ServiceError) -> [Diagnosis] {
        // A playbook for a cluster takes its gateway from an input, so it is checked on the default backend.
        let composition = Composition.current
        let named = try composition.backends.selection(named: BackendFlags.usable)
        let usable = named.plugin.needsSettings ? try composition.backends.selection(named: nil) : named
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
            return [Diagnosis(.ok, "backend", "\(selection.name) is used without --backend")]
        } catch {
            return [
                Diagnosis(
                    .error, "backend", error.message,
                    advice: "unset TURNOUT_BACKEND, or set it to the name of a backend")
            ]
        }
    }
}
