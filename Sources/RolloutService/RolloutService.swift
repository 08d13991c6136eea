package import PlaybookSyntax
package import RolloutEngine
package import Rollouts

/// The use cases of rollouts for one caller: plan, check, start, resume, decide, retry, skip, abort, and what is looked at.
///
/// Front ends translate: a command line parses, calls and renders; an API decodes, calls and encodes. All rules about who
/// may do what, and when, are here or in the engine. Nothing here prints, or knows exit codes or the words of a command
/// line: errors are ``ServiceError``s, and what to do next is data (``NextStep``, ``Suggestion``). A value is as cheap as
/// its parts, and many of them can work on runs in one process.
package struct RolloutService: Sendable {
    package let journal: any Journal
    package let backends: BackendCatalog
    package let workspace: Workspace
    package let caller: Caller
    /// Is told what the caller should know while an operation goes on.
    package let notify: @Sendable (ServiceNotice) -> Void

    package init(
        journal: any Journal, backends: BackendCatalog, workspace: Workspace, caller: Caller,
        notify: @escaping @Sendable (ServiceNotice) -> Void
    ) {
        self.journal = journal
        self.backends = backends
        self.workspace = workspace
        self.caller = caller
        self.notify = notify
    }

    @Sendable func note(_ text: String) { notify(.note(text)) }
    @Sendable func warn(_ text: String) { notify(.warning(text)) }

    /// Opens `selection` for `plan`, or for none, works with it, and closes it whatever comes of that.
    package func with<Result>(
        _ selection: BackendSelection, _ use: BackendOpening.Use, for plan: Plan? = nil,
        _ body: (any BackendSession) async throws -> Result
    ) async throws -> Result {
        try await open(selection, use, for: plan).using(warn: warn, body)
    }

    /// Opens `selection`; whoever opens it closes it.
    func open(
        _ selection: BackendSelection, _ use: BackendOpening.Use, for plan: Plan? = nil
    ) async throws -> any BackendSession {
        try await selection.plugin.connect(
            BackendOpening(
                use, kind: selection.kind, settings: selection.settled(plan?.backendSettings ?? .null), plan: plan,
                state: workspace.state, home: use == .work ? try journal.home() : nil, notify: note))
    }
}

/// What a caller should know while an operation goes on.
package enum ServiceNotice: Sendable {
    /// A sentence, or lines, and what can be done about it.
    case note(String, suggestions: [Suggestion] = [])
    /// What went wrong beside the operation, in a sentence.
    case warning(String)
    /// A runner that is silent will be overtaken after that time, unless it speaks; told again and again.
    case overtaking(LeaseHolder, in: Interval, isFirst: Bool)
    /// What was found in a playbook or in its files.
    case finding(Finding)
}
