package import RolloutEngine
package import Rollouts

/// What a plan is made with, beside the playbook.
package struct PlanOptions: Sendable {
    package var inputs: [String: InputText]
    /// As the user names it: `simulated`, `simulated:kubernetes`.
    package var backend: String
    package var capabilities: Capabilities
    /// Takes the place of the endpoint that the files name.
    package var endpoint: Name?
    /// What `${{ run.id }}` is.
    package var runID: RunID
    /// True where named files may be anywhere.
    package var allowAbsolutePaths: Bool

    package init(
        inputs: [String: InputText] = [:], backend: String, capabilities: Capabilities, endpoint: Name? = nil,
        runID: RunID, allowAbsolutePaths: Bool = false
    ) {
        self.inputs = inputs
        self.backend = backend
        self.capabilities = capabilities
        self.endpoint = endpoint
        self.runID = runID
        self.allowAbsolutePaths = allowAbsolutePaths
    }
}

/// A plan, and what was found on the way to it.
package struct PlanOutcome: Sendable {
    /// Nil when there is any error.
    package var snapshot: PlanSnapshot?
    /// The plan also where rules are against it, as long as it can be read: for looking, never for running.
    package var draft: Plan?
    /// The playbook's first, each file's in the order of its lines.
    package var findings: [Finding]

    package init(snapshot: PlanSnapshot?, draft: Plan? = nil, findings: [Finding]) {
        self.snapshot = snapshot
        self.draft = draft
        self.findings = findings
    }
}

/// Makes the plan of a playbook on disk.
package func makePlan(of playbookPath: String, options: PlanOptions) -> PlanOutcome {
    makePlan(of: playbookPath, options: options, files: .disk(allowAbsolutePaths: options.allowAbsolutePaths))
}

/// Makes the plan of a playbook whose files come from `files`.
package func makePlan(of playbookPath: String, options: PlanOptions, files: FileSource) -> PlanOutcome {
    do throws(FileProblem) {
        let data = try files.contents(of: playbookPath, namedBy: playbookPath)
        var maker = PlanMaker(
            source: SourceFile(path: playbookPath, data: data), data: data, options: options, files: files)
        return maker.make()
    } catch {
        let finding = Finding("NamedFile", file: playbookPath, error.message, help: error.help)
        return PlanOutcome(snapshot: nil, findings: [finding])
    }
}
