internal import AssetFiles
internal import FoundationEssentials
internal import PlaybookSyntax
internal import PrometheusMetrics
internal import RolloutEngine
internal import Rollouts
internal import Support

/// Makes the plans of commands that go on only with a plan, and tells what keeps it from being made.
struct PlanMaking {
    /// Of the playbook.
    var path: String
    var selection: BackendSelection
    var inputs: [String: InputText]
    var endpoint: Name?
    var allowOutsidePaths: Bool
    /// Where paths among the inputs were typed, by the input's name.
    var inputFolders: [String: String] = [:]
    /// Paths that the user typed for an earlier plan.
    var userPaths: Set<String> = []
    /// What the roles of the playbook are resolved against; see ``looking(for:in:)``.
    var roles = RoleSource.assumed(.later)

    init(
        path: String, selection: BackendSelection, inputs: [String: InputText] = [:], endpoint: Name? = nil,
        allowOutsidePaths: Bool = false
    ) {
        self.path = path
        self.selection = selection
        self.inputs = inputs
        self.endpoint = endpoint
        self.allowOutsidePaths = allowOutsidePaths
    }

    /// - Throws: ``CommandFailure`` where the inputs' file is wrong, after its findings are shown.
    init(path: String, selection: BackendSelection, arguments: PlanArguments) throws {
        self.init(
            path: path, selection: selection, endpoint: arguments.endpoint.map { Name($0) },
            allowOutsidePaths: arguments.allowOutsidePaths)
        if let file = arguments.inputsFile {
            let (values, findings) = readInputs(path: file)
            try Self.show(findings, file: file)
            inputs = values
            inputFolders = values.mapValues { _ in folder(of: file) }
        }
        for (key, value) in try arguments.pairs() {
            inputs[key] = .text(value)
            inputFolders[key] = FileManager.default.currentDirectoryPath
        }
    }

    /// The name that runs of the playbook have.
    func playbookName() throws(CommandFailure) -> String {
        do throws(FileProblem) {
            return try PlaybookSource(path: path).summary.name
        } catch {
            throw CommandFailure(.invalidPlaybook, "\(path): \(error)")
        }
    }

    /// The same, with the endpoint as it is now where the playbook uses `live` or `candidate`, which depend on it.
    ///
    /// Nothing is changed by looking. `before` is asked first, with the plan as far as it is known without.
    func looking(
        for run: RunID, in workspace: Workspace, before: (Plan) throws -> Void = { _ in }
    ) async throws -> PlanMaking {
        guard case .assumed = roles else { return self }
        let assumed = outcome(for: run)
        guard !assumed.situations.isEmpty, let draft = assumed.draft ?? outcome(for: run, roles: .assumed(.first)).draft
        else { return self }
        try before(draft)
        var making = self
        making.roles = .observed(
            try await selection.open(.look, for: draft, in: workspace).using { open in
                try await open.backend.observe(draft.endpoint)
            })
        return making
    }

    /// The outcomes without a look at the endpoint: one for each situation that a playbook with roles can meet, else one.
    func outcomes(for run: RunID) -> [PlanOutcome] {
        let outcome = outcome(for: run)
        guard case .assumed = roles, !outcome.situations.isEmpty else { return [outcome] }
        return outcome.situations.map { $0 == .later ? outcome : self.outcome(for: run, roles: .assumed($0)) }
    }

    func outcome(for run: RunID) -> PlanOutcome { outcome(for: run, roles: roles) }

    /// The outcome where the roles come from `roles`.
    func outcome(for run: RunID, roles: RoleSource) -> PlanOutcome {
        let (selection, backend, kind) = (selection, selection.backend, selection.kind)
        let servers = backend.servers ?? backend
        let workspace = Workspace()
        let home = folder(of: path)
        var options = PlanOptions(
            inputs: inputs, backend: selection.name, capabilities: { selection.capabilities($0) },
            endpoint: endpoint, runID: run, allowOutsidePaths: allowOutsidePaths,
            settingsProblem: { name, settings in
                (name == servers.name ? servers : backend).problem(in: settings, kind: kind)
            },
            settledSettings: { selection.settled($0) },
            settledAction: { backend.settled($0, settings: $1) },
            queryProblem: { queryProblem(url: $0, access: $1) },
            digests: backend.takesFiles ? DigestCache(path: workspace.state + "/digests.json") : nil,
            assets: { backend.assets(settings: $0, folder: home, in: workspace) },
            serving: { servers.serving($0, bringing: $1, settings: $2) }, cluster: backend.cluster,
            roles: roles)
        options.servers = backend.servers?.name
        options.python = { servers.python(settings: $0, folder: home) }
        options.inputFolders = inputFolders
        options.userPaths = userPaths
        return makePlan(of: path, options: options)
    }

    /// The plan; findings go to standard error, and one error among them is the end of the command.
    ///
    /// Warnings that have been shown before are left out when it is `quiet`.
    func snapshot(for run: RunID, quiet: Bool = false) throws -> PlanSnapshot {
        try rehearsable(for: run, quiet: quiet).snapshot
    }

    /// The plan as ``snapshot(for:quiet:)`` gives it, and the settings of a simulated world for it.
    func rehearsable(for run: RunID, quiet: Bool = false) throws -> (snapshot: PlanSnapshot, simulation: Value) {
        let outcome = outcome(for: run)
        try Self.show(outcome.findings.filter { !quiet || $0.severity == .error }, file: path)
        guard let snapshot = outcome.snapshot else {
            throw CommandFailure(.invalidPlaybook, "\(path): no plan could be made")
        }
        return (snapshot, outcome.simulation)
    }

    private static func show(_ findings: [Finding], file: String) throws(CommandFailure) {
        let terminal = Terminal.standardError
        for finding in findings { Notices.say(finding.rendered(color: terminal.style.isColored)) }
        let count = findings.count { $0.severity == .error }
        guard count > 0 else { return }
        throw CommandFailure(
            .invalidPlaybook, "\(file) has \(count) error\(count == 1 ? "" : "s"); nothing was changed")
    }
}

/// The folder of a file that a command line names, absolute.
func folder(of path: String) -> String {
    let folder = path.parentFolder
    guard !folder.hasPrefix("/") else { return folder }
    let working = FileManager.default.currentDirectoryPath
    return folder == "." ? working : working + "/" + folder
}

/// What is wrong with the server that an analysis' query names: at which of its keys, and how.
func queryProblem(url: String, access: [String: String]) -> SettingsFault? {
    do throws(PrometheusServer.AccessProblem) {
        _ = try PrometheusServer(url: url, access: access)
        return nil
    } catch {
        return SettingsFault(path: [error.key], message: error.message)
    }
}
