internal import FoundationEssentials
package import RolloutEngine
package import Rollouts
internal import Support

/// The inputs and options for making a plan.
package struct PlanOptions: Sendable {
    package var inputs: [String: InputText] = [:]
    package var backend: any BackendPlugin
    package var kind: EndpointKind
    /// The backends that the playbook may have settings of.
    package var backends: [any BackendPlugin]
    /// Settings of the backend from the command line, by ``BackendPlugin/options``.
    package var settings: [String: String] = [:]
    /// Overrides the endpoint that the files name.
    package var endpoint: Name?
    /// The value of `${{ run.id }}`.
    package var runID: RunID
    /// Whether the files that the playbook names may be outside its folder.
    package var allowOutsidePaths = false
    /// The folder that the user's value of a path input is relative to, by the input's name.
    ///
    /// A value without a folder comes from the playbook.
    package var inputFolders: [String: String] = [:]
    /// Paths that may lead anywhere because the user typed them for an earlier plan.
    package var userPaths: Set<String> = []
    /// The state folder; `nil` if there is none to look at.
    package var state: String?
    /// The state against which the roles of the playbook are resolved.
    package var roles: RoleSource = .assumed(.later)
    /// Returns what is wrong with the URL or the credentials of a query's server, or `nil`.
    package var queryProblem: QueryProblemFinder?
    /// Returns whether a group exists whose members could approve a stage.
    package var groupExists: @Sendable (String) -> Bool = { _ in true }

    package typealias QueryProblemFinder =
        @Sendable (_ url: String, _ access: [String: String]) -> SettingsProblem?

    /// Creates options for a playbook with settings of `backends` or, if that is empty, of `backend` alone.
    package init(
        backend: any BackendPlugin, kind: EndpointKind = .managed, among backends: [any BackendPlugin] = [],
        runID: RunID
    ) {
        self.backend = backend
        self.backends = backends.isEmpty ? [backend] : backends
        self.kind = kind
        self.runID = runID
    }
}

/// The state against which `${{ live }}` and `${{ candidate }}` are resolved.
package enum RoleSource: Sendable {
    /// The endpoint was not observed.
    case assumed(Situation)
    /// The observed endpoint; `nil` if it does not exist.
    case observed(EndpointSnapshot?)
    /// The roles of an earlier plan, whatever is live now.
    case kept(Roles)

    /// A state of the endpoint that a plan can assume without observing it.
    package enum Situation: Hashable, Sendable {
        /// There is no endpoint yet.
        case first
        /// One deployment serves all clients.
        case later
    }
}

/// A plan, and the findings about it.
package struct PlanOutcome: Sendable {
    /// The plan with its files; `nil` if there is an error.
    package var snapshot: PlanSnapshot?
    /// The plan even if it violates rules, for display and never for a run; `nil` if it cannot be read.
    package var draft: Plan?
    /// The findings, with the playbook's first, and those of each file in the order of its lines.
    package var findings: [Finding]
    /// The playbook's `backends`.
    package var backends: Value
    /// The resolved roles; `nil` if the playbook uses none.
    package var roles: Roles?
    /// The situations that a check without observation must assume; empty if the playbook uses no roles.
    package var situations: [RoleSource.Situation] = []

    package init(
        snapshot: PlanSnapshot?, draft: Plan? = nil, findings: [Finding], backends: Value = .null,
        roles: Roles? = nil, situations: [RoleSource.Situation] = []
    ) {
        self.roles = roles
        self.situations = situations
        self.snapshot = snapshot
        self.draft = draft
        self.backends = backends
        self.findings = findings
    }
}

/// Makes the plan of a playbook on disk.
package func makePlan(of playbookPath: String, options: PlanOptions) -> PlanOutcome {
    makePlan(of: playbookPath, options: options, files: .disk(allowOutsidePaths: options.allowOutsidePaths))
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

/// Returns the absolute folder of the file at `path`.
package func folder(of path: String) -> String {
    let folder = path.parentFolder
    guard !folder.hasPrefix("/") else { return folder }
    let working = FileManager.default.currentDirectoryPath
    return folder == "." ? working : working + "/" + folder
}
