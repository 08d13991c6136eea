internal import AssetFiles
internal import PlaybookSyntax
internal import PrometheusMetrics
internal import RolloutEngine
internal import Rollouts

/// Makes the plans of commands that go on only with a plan, and tells what keeps it from being made.
struct PlanMaking {
    /// Of the playbook.
    var path: String
    var selection: BackendSelection
    var inputs: [String: InputText]
    var endpoint: Name?
    var allowAbsolutePaths: Bool

    init(
        path: String, selection: BackendSelection, inputs: [String: InputText] = [:], endpoint: Name? = nil,
        allowAbsolutePaths: Bool = false
    ) {
        self.path = path
        self.selection = selection
        self.inputs = inputs
        self.endpoint = endpoint
        self.allowAbsolutePaths = allowAbsolutePaths
    }

    /// - Throws: ``CommandFailure`` where the inputs' file is wrong, after its findings are shown.
    init(path: String, selection: BackendSelection, arguments: PlanArguments) throws {
        self.init(
            path: path, selection: selection, endpoint: arguments.endpoint.map { Name($0) },
            allowAbsolutePaths: arguments.allowAbsolutePaths)
        if let file = arguments.inputsFile {
            let (values, findings) = readInputs(path: file)
            try Self.show(findings, file: file)
            inputs = values
        }
        for (key, value) in try arguments.pairs() { inputs[key] = .text(value) }
    }

    /// The name that runs of the playbook have.
    func playbookName() throws(CommandFailure) -> String {
        do throws(FileProblem) {
            return try PlaybookSource(path: path).summary.name
        } catch {
            throw CommandFailure(.invalidPlaybook, "\(path): \(error)")
        }
    }

    func outcome(for run: RunID) -> PlanOutcome {
        let (selection, backend, kind) = (selection, selection.backend, selection.kind)
        return makePlan(
            of: path,
            options: PlanOptions(
                inputs: inputs, backend: selection.name, capabilities: { selection.capabilities($0) },
                endpoint: endpoint, runID: run, allowAbsolutePaths: allowAbsolutePaths,
                settingsProblem: { backend.problem(in: $0, kind: kind) },
                settledSettings: { selection.settled($0) },
                settledAction: { backend.settled($0, settings: $1) },
                queryProblem: { queryProblem(url: $0, access: $1) },
                digests: backend.takesFiles ? DigestCache(path: Workspace().state + "/digests.json") : nil,
                serving: { backend.serving($0, settings: $1) }, cluster: backend.cluster))
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

/// What is wrong with the server that an analysis' query names: at which of its keys, and how.
func queryProblem(url: String, access: [String: String]) -> SettingsFault? {
    do throws(PrometheusServer.AccessProblem) {
        _ = try PrometheusServer(url: url, access: access)
        return nil
    } catch {
        return SettingsFault(path: [error.key], message: error.message)
    }
}
