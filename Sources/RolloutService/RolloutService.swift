package import PlaybookSyntax
package import RolloutEngine
package import Rollouts

/// The use cases of rollouts for one caller: plan, check, start, resume, decide, retry, skip, abort and inspect.
///
/// Front ends translate: a command line parses, calls and renders; an API decodes, calls and encodes. All rules about
/// who may do what, and when, are here or in the engine. This module prints nothing and has no notion of exit codes or
/// command lines: errors are ``ServiceError``s, and what to do next is data (``NextStep``, ``Suggestion``). Several
/// services can work on runs in one process.
package struct RolloutService: Sendable {
    package let journal: any Journal
    package let backends: BackendCatalog
    package let workspace: Workspace
    package let caller: Caller
    /// Receives notices for the caller while an operation is in progress.
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

    /// Opens `selection`, for `plan` if there is one, runs `body`, and closes the session even if `body` throws.
    package func with<Result>(
        _ selection: BackendSelection, _ use: BackendOpening.Use, for plan: Plan? = nil,
        _ body: (any BackendSession) async throws -> Result
    ) async throws -> Result {
        try await open(selection, use, for: plan).using(warn: warn, body)
    }

    /// Opens `selection`; the caller must close the session.
    func open(
        _ selection: BackendSelection, _ use: BackendOpening.Use, for plan: Plan? = nil
    ) async throws -> any BackendSession {
        try await selection.plugin.connect(
            BackendOpening(
                use, kind: selection.kind, settings: selection.settled(plan?.backendSettings ?? .null), plan: plan,
                state: workspace.state, home: use == .work ? try journal.home() : nil, notify: note))
    }
}

/// A notice for the caller while an operation is in progress.
package enum ServiceNotice: Sendable {
    /// A sentence or several lines, and what can be done about it.
    case note(String, suggestions: [Suggestion] = [])
    /// A problem that does not stop the operation, in a sentence.
    case warning(String)
    /// The lease of a silent runner will be taken over after the given time, unless the runner renews it. Sent
    /// repeatedly.
    case overtaking(LeaseHolder, in: Interval, isFirst: Bool)
    /// A finding in a playbook or in its files.
    case finding(Finding)
}
