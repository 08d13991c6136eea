internal import ArgumentParser
internal import PlaybookSyntax
internal import RolloutEngine
internal import RolloutService
internal import Rollouts

/// `turnout doctor`: checks everything that a run needs, and advises on problems.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Check the state folder, the journal, the endpoints and the playbooks.",
        discussion: """
            Prints one line per check: ✓ for ok, ! for a warning, ✗ for an error, with advice on what to do. Changes \
            nothing, unless --clean is given: it removes the Python environments that no deployment on local uses. \
            Exits with 1 if there is an error.

            EXAMPLES:
              turnout doctor
              turnout doctor --json
              turnout doctor --clean
              turnout doctor --backend kubernetes --namespace models
              turnout doctor --backend kubernetes --playbook my-rollout
            """)

    @Option(
        help: ArgumentHelp("Check this backend too: for kubernetes, the cluster's features and your permissions."),
        completion: .list(Composition.current.backends.names))
    var backend: String?

    @OptionGroup var cluster: ClusterOptions

    @Option(
        help: ArgumentHelp("Check what this playbook needs, including metrics.", valueName: "playbook"))
    var playbook: String?

    @Option(
        name: .customLong("input"),
        help: ArgumentHelp("Set an input of the playbook; can be repeated.", valueName: "key=value"))
    var inputs: [String] = []

    @Flag(help: "Remove Python environments that no deployment uses, and incomplete ones.")
    var clean = false

    @OptionGroup var output: OutputOptions

    func run() async throws {
        // An invalid TURNOUT_BACKEND is reported by the doctor itself.
        let named = backend ?? (cluster.settings.isEmpty ? BackendFlags.usable : nil)
        let selection = try BackendFlags.selection(named: named, cluster.settings)
        let doctor = Doctor(
            workspace: .current, cleans: clean, selection: selection, plan: try await plan(selection))
        let diagnoses = await doctor.look()
        try output.show(diagnoses.map(Entry.init)) { Self.lines(diagnoses, $0).joined(separator: "\n") }
        guard !diagnoses.contains(where: { $0.level == .error }) else { throw ExitCode(ExitStatus.failed.rawValue) }
    }

    func validate() throws {
        guard playbook != nil || inputs.isEmpty else { throw ValidationError("--input requires --playbook") }
        _ = try PlanArguments.pairs(of: inputs)
    }

    /// Returns the plan of the named playbook; nil if none is named.
    ///
    /// - Throws: ``ServiceError`` if the playbook has errors.
    private func plan(_ selection: BackendSelection) async throws -> Plan? {
        guard let playbook else { return nil }
        var request = PlanRequest(path: try PlaybookFolder(.current).path(of: playbook), selection: selection)
        request.inputs = try PlanArguments.pairs(of: inputs).mapValues { .text($0) }
        return try await withService(.preview) { try $0.snapshot(of: request).plan }
    }

    struct Entry: Encodable {
        /// `ok`, `warning` or `error`.
        var level: String
        var subject: String
        var finding: String
        var advice: String?
        /// For a Python environment: `path`, `state`, `bytes`, `python`, `provider`, `used_by`, `has_instances`,
        /// `last_used`.
        var details: Value?

        init(_ diagnosis: Diagnosis) {
            level = diagnosis.level.rawValue
            subject = diagnosis.subject
            finding = diagnosis.finding
            advice = diagnosis.advice
            details = diagnosis.details
        }
    }

    static func lines(_ diagnoses: [Diagnosis], _ terminal: Terminal) -> [String] {
        let width = diagnoses.map(\.subject.count).max() ?? 0
        let style = terminal.style
        var lines = diagnoses.flatMap { diagnosis in
            let head = diagnosis.level.icon + " " + diagnosis.subject.padded(to: width) + "  "
            let finding = diagnosis.finding.hanging(behind: head, width: terminal.columns)
            let indent = String(repeating: " ", count: head.count)
            let advice = diagnosis.advice?.hanging(behind: indent + "→ ", width: terminal.columns) ?? []
            return finding.enumerated().map { index, line in
                index > 0 ? line : style(diagnosis.level.icon, diagnosis.level.tint) + line.dropFirst()
            } + advice.map { style($0, diagnosis.level.tint) }
        }
        let counts = problemCounts(
            errors: diagnoses.count { $0.level == .error }, warnings: diagnoses.count { $0.level == .warning })
        lines += ["", style.bold(counts ?? "no problems found")]
        return lines
    }
}

extension Diagnosis.Level {
    fileprivate var icon: String {
        switch self {
        case .ok: "✓"
        case .warning: "!"
        case .error: "✗"
        }
    }

    fileprivate var tint: Style.Tint {
        switch self {
        case .ok: .green
        case .warning: .yellow
        case .error: .red
        }
    }
}
