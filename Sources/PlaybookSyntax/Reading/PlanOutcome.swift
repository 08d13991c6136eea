internal import FoundationEssentials
package import RolloutEngine
package import Rollouts
internal import Support

/// What a plan is made with, beside the playbook.
package struct PlanOptions: Sendable {
    package var inputs: [String: InputText] = [:]
    package var backend: any BackendPlugin
    package var kind: EndpointKind
    /// Those that the playbook may have settings of.
    package var backends: [any BackendPlugin]
    /// What the command line says of the backend's settings, by ``BackendPlugin/options``.
    package var settings: [String: String] = [:]
    /// Takes the place of the endpoint that the files name.
    package var endpoint: Name?
    /// What `${{ run.id }}` is.
    package var runID: RunID
    /// True where the files that the playbook names may be anywhere.
    package var allowOutsidePaths = false
    /// The folder that a path is relative to which the user typed for an input, by the input's name; where there is none,
    /// the value is the playbook's word.
    package var inputFolders: [String: String] = [:]
    /// Paths that may be anywhere because the user typed them for an earlier plan.
    package var userPaths: Set<String> = []
    /// The folder of state; nil where none is to be looked at.
    package var state: String?
    /// What the roles of a playbook that uses them are resolved against.
    package var roles: RoleSource = .assumed(.later)
    /// What is wrong with the address of a query's server, or with how it lets its reader in.
    package var queryProblem: QueryProblemFinder?
    /// Whether there is a group whose members could approve a stage.
    package var groupExists: @Sendable (String) -> Bool = { _ in true }

    package typealias QueryProblemFinder =
        @Sendable (_ url: String, _ access: [String: String]) -> SettingsProblem?

    /// The playbook may have settings of `backends` or, without any, of `backend` alone.
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

/// What `${{ live }}` and `${{ candidate }}` are resolved against.
package enum RoleSource: Sendable {
    /// The endpoint was not looked at.
    case assumed(Situation)
    /// The endpoint as observed; nil where it does not exist.
    case observed(EndpointSnapshot?)
    /// The roles of a plan that was made before, whatever is live now.
    case kept(Roles)

    /// A state of the endpoint that a plan can be made for without looking.
    package enum Situation: Hashable, Sendable {
        /// There is no endpoint yet.
        case first
        /// One deployment serves all clients.
        case later
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
    /// What the playbook says under `backends`.
    package var backends: Value
    /// What the roles are; nil where the playbook uses none.
    package var roles: Roles?
    /// The situations that a check without looking must assume; none where the playbook uses no roles.
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

/// The folder of the file at `path`, absolute.
package func folder(of path: String) -> String {
    let folder = path.parentFolder
    guard !folder.hasPrefix("/") else { return folder }
    let working = FileManager.default.currentDirectoryPath
    return folder == "." ? working : working + "/" + folder
}
