internal import PlaybookSyntax
internal import RolloutEngine
internal import Rollouts
internal import SimulatedEndpoints

/// What became of making a plan, and what the backend is to be for it.
struct MadePlan: Sendable {
    /// Nil when there is any error among the findings.
    var snapshot: PlanSnapshot?
    var findings: [Finding]
    var settings: SimulationSettings

    /// The plan; where there is none, the findings are printed to standard error.
    func plan(style: Style) throws(CommandFailure) -> PlanSnapshot {
        guard let snapshot else {
            let rendered = findings.map { $0.rendered(color: style.isColored) }.joined(separator: "\n")
            throw CommandFailure(.invalidPlaybook, rendered + "\n" + findings.summary)
        }
        return snapshot
    }
}

extension PlanArguments {
    /// Makes the plan of the playbook at `path`, for a run of the number that `runID` gives its playbook's name.
    func makePlan(of path: String, runID: (String) throws -> RunID) throws -> MadePlan {
        let selection = try BackendSelection(named: backend).asking(playbook: path)
        var inputs: [String: InputText] = [:]
        var findings: [Finding] = []
        if let inputsFile { (inputs, findings) = readInputs(path: inputsFile) }
        for (key, text) in try pairs() { inputs[key] = .text(text) }
        let options = PlanOptions(
            inputs: inputs, backend: selection.name, capabilities: .simulated(selection.kind),
            endpoint: endpoint.map { Name($0) }, runID: try runID(Self.playbookName(at: path)),
            allowAbsolutePaths: allowAbsolutePaths)
        let outcome = PlaybookSyntax.makePlan(of: path, options: options)
        let broken = findings.contains { $0.severity == .error }
        return MadePlan(
            snapshot: broken ? nil : outcome.snapshot, findings: findings + outcome.findings,
            settings: try settings(of: outcome.snapshot?.plan, selection, path: path))
    }

    /// What the playbook says of its name; of one that can't be read, its file's name.
    private static func playbookName(at path: String) -> String {
        do throws(FileProblem) {
            return try PlaybookSource(path: path).summary.name
        } catch {
            return PlaybookArgument.name(of: path)
        }
    }

    private func settings(
        of plan: Plan?, _ selection: BackendSelection, path: String
    ) throws(CommandFailure) -> SimulationSettings {
        guard let plan else { return SimulationSettings(kind: selection.kind) }
        do throws(SettingsProblem) {
            return try SimulationSettings(plan.backendSettings, kind: selection.kind)
        } catch {
            throw CommandFailure(.invalidPlaybook, "\(path): \(error)")
        }
    }
}

extension Capabilities {
    /// Those of the simulated backend.
    static func simulated(_ kind: EndpointKind) -> Capabilities {
        let settings = SimulationSettings(kind: kind)
        return SimulatedBackend(store: MemoryStore(), clock: VirtualClock(), settings: settings).capabilities
    }
}

extension [Finding] {
    /// `2 errors, 1 warning`, or `no findings`.
    var summary: String {
        let counts = [("error", Finding.Severity.error), ("warning", .warning)].compactMap { word, severity in
            let count = count { $0.severity == severity }
            return count == 0 ? nil : "\(count) \(word)\(count == 1 ? "" : "s")"
        }
        return counts.isEmpty ? "no findings" : counts.joined(separator: ", ")
    }
}
