internal import ArgumentParser
internal import PlaybookSyntax
internal import RolloutEngine
internal import RolloutService
internal import Rollouts

/// Finds what is wrong with a playbook, and changes nothing.
struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Find what is wrong with a playbook.",
        discussion: """
            Reads the playbook and every file that it names, fills its inputs in, and holds the stages against the \
            rules of the backend. All findings are reported at once. Exits with 65 when there is an error.

            A playbook that asks what is live is checked for the first rollout, where nothing is, and for a later one, \
            where blue is; the endpoint is not looked at. `turnout plan` does.

            With --exhaustive, the run machine and a model of the endpoint are explored together over every outcome at \
            every point: changes accepted, refused, unanswered or taken without an answer; gates passed, failed, \
            rejected or timed out; crashes and aborts at every event. What must never happen is proved not to, or \
            told as the shortest story of how it does.

            EXAMPLES:
              turnout check safe-rollout
              turnout check ./my-playbook.yml --input canary=25
              turnout check kubernetes-rollout --backend simulated:kubernetes --json
              turnout check safe-rollout --exhaustive
              turnout check --schema > playbook.schema.json
            """)

    @Argument(
        help: ArgumentHelp("A name in Playbooks/, or a path.", valueName: "playbook"),
        completion: .custom { _, _, _ in Completions.playbooks() })
    var playbook: String?

    @OptionGroup(title: "Plan")
    var plan: PlanArguments

    @Flag(help: "Explore every outcome of every stage, and prove what must hold.")
    var exhaustive = false

    @Flag(help: "Print the JSON Schema of the playbook language, for editors.")
    var schema = false

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard schema == (playbook == nil) else {
            throw ValidationError(
                schema ? "--schema takes no playbook" : "name a playbook; `turnout playbooks` lists them")
        }
    }

    func run() async throws {
        guard let playbook else {
            StandardOutput.shared.line(playbookSchema(Composition.current.backends.plugins))
            return
        }
        let request = try plan.request(playbook)
        let check = try await withService(.preview) { $0.check(request, isExhaustive: exhaustive) }
        var report = Report(playbook: request.path, findings: check.findings)
        report.assumed = check.assumed
        if exhaustive { report.proof = Proof(check.explorations) }
        try output.show(report) { report.text(style: $0.style) }
        guard report.errors == 0, report.proof?.holds != false else {
            throw ExitCode(ExitStatus.invalidPlaybook.rawValue)
        }
    }

    struct Report: Encodable {
        var playbook: String
        var errors: Int
        var warnings: Int
        var findings: [Finding]
        /// The roles that the playbook was checked with, one after another; none where it names none.
        var assumed: [Roles] = []
        /// Of `--exhaustive`, where the playbook could be read.
        var proof: Proof?

        init(playbook: String, findings: [Finding]) {
            self.playbook = playbook
            self.findings = findings
            errors = findings.count { $0.severity == .error }
            warnings = findings.count { $0.severity == .warning }
        }

        func text(style: Style) -> String {
            var lines = findings.map { $0.rendered(color: style.isColored) }
            lines += findings.isEmpty ? ["\(playbook): no findings"] : ["", style.bold(findings.summary)]
            lines += assumed.map { roles in
                "assumed, since the endpoint is not looked at: \(roles.sentence)"
            }
            if let proof { lines += proof.lines(style: style) }
            return lines.joined(separator: "\n")
        }
    }
}
