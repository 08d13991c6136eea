internal import ArgumentParser
internal import PlaybookSyntax
internal import RolloutEngine
internal import RolloutService
internal import Rollouts

/// `turnout check`: reports problems in a playbook, and changes nothing.
struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Find problems in a playbook.",
        discussion: """
            Reads the playbook and every file that it names, fills in its inputs, and checks the stages against the \
            rules of the backend. All findings are reported at once. Exits with 65 if there is an error.

            The endpoint is not observed, unlike by `turnout plan`. A playbook that uses `live` or `candidate` is \
            checked for a first rollout, with nothing live, and for a later one, with blue live.

            --exhaustive explores the run machine and a model of the endpoint over every outcome at every point: \
            changes accepted, refused, lost, or applied without an answer; gates passed, failed, rejected or timed \
            out; crashes and aborts at every event. It proves that the safety rules always hold, or prints the \
            shortest sequence of steps that violates one.

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

    @Flag(help: "Explore every outcome of every stage, and prove the safety rules.")
    var exhaustive = false

    @Flag(help: "Print the JSON Schema of the playbook language, for editors.")
    var schema = false

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard schema == (playbook == nil) else {
            throw ValidationError(
                schema
                    ? "--schema cannot be combined with a playbook"
                    : "name a playbook; `turnout playbooks` lists them")
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
        /// The roles that the playbook was checked with; empty if it uses none.
        var assumed: [Roles] = []
        /// The result of `--exhaustive`; nil if it was not given, or the playbook could not be read.
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
                "assumed, because the endpoint is not observed: \(roles.sentence)"
            }
            if let proof { lines += proof.lines(style: style) }
            return lines.joined(separator: "\n")
        }
    }
}
