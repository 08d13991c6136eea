internal import FoundationEssentials
package import PlaybookSyntax
internal import PrometheusMetrics
package import RolloutEngine
package import Rollouts
internal import SimulatedEndpoints
internal import Support

/// The playbook and the options from which a plan is made.
package struct PlanRequest: Sendable {
    /// The path of the playbook.
    package var path: String
    package var selection: BackendSelection
    package var inputs: [String: InputText] = [:]
    /// Replaces the endpoint that the playbook names.
    package var endpoint: Name?
    package var allowOutsidePaths = false
    /// The folders that paths among the inputs are relative to, by the input's name.
    package var inputFolders: [String: String] = [:]
    /// Paths outside the playbook's folder that the user named for an earlier plan of this run.
    var userPaths: Set<String> = []
    /// How `live` and `candidate` are resolved; see ``RolloutService/looking(_:for:before:)``.
    package var roles = RoleSource.assumed(.later)

    /// Makes a request for the playbook at `path`; `selection` takes the playbook's kind unless the user named one.
    package init(path: String, selection: BackendSelection) {
        self.path = path
        self.selection = selection.asking(playbook: path)
    }

    /// Returns the name of the playbook, which its runs are named after.
    package func playbookName() throws(ServiceError) -> String {
        do throws(FileProblem) {
            return try PlaybookSource(path: path).summary.name
        } catch {
            throw ServiceError(.invalidPlaybook, "\(path): \(error)")
        }
    }
}

/// The result of checking a playbook without observing the endpoint.
package struct PlaybookCheck: Sendable {
    /// Without duplicates.
    package var findings: [Finding] = []
    /// The roles that the playbook was checked with; empty if it uses none.
    package var assumed: [Roles] = []
    /// The explorations of an exhaustive check; empty if none was requested or the playbook could not be read.
    package var explorations: [ExhaustiveCheck.Report] = []
}

extension RolloutService {
    /// Checks a playbook; with `isExhaustive`, also explores every outcome of every stage.
    ///
    /// A playbook that uses roles is checked for every situation in which it can start.
    package func check(_ request: PlanRequest, isExhaustive: Bool = false) -> PlaybookCheck {
        let run = RunID(playbook: PlaybookFolder.name(of: request.path), number: 1)
        let outcome = outcome(of: request, for: run)
        var outcomes = [outcome]
        if case .assumed = request.roles, !outcome.situations.isEmpty {
            outcomes = outcome.situations.map { situation in
                if situation == .later { return outcome }
                var assuming = request
                assuming.roles = .assumed(situation)
                return self.outcome(of: assuming, for: run)
            }
        }
        var check = PlaybookCheck(assumed: outcomes.compactMap(\.roles))
        for finding in outcomes.flatMap(\.findings) where !check.findings.contains(finding) {
            check.findings.append(finding)
        }
        if isExhaustive {
            check.explorations = outcomes.compactMap(\.draft).map {
                ExhaustiveCheck(plan: $0, kind: request.selection.kind).run()
            }
        }
        return check
    }

    /// Returns the plan that a run would follow, and what each of its stages would do to the endpoint as observed.
    package func plan(_ request: PlanRequest) async throws -> (preview: PlanPreview, snapshot: PlanSnapshot) {
        let id = try journal.nextRunID(of: try request.playbookName())
        let snapshot = try snapshot(of: try await looking(request, for: id), for: id)
        let preview = try await with(request.selection, .look, for: snapshot.plan) { session in
            for obstacle in try await session.obstacles(to: snapshot.plan) { warn(obstacle) }
            return PlanPreview(
                of: snapshot.plan, on: try await session.backend.observe(snapshot.plan.endpoint),
                kind: request.selection.kind, durations: session as? any ChangeDurations)
        }
        return (preview, snapshot)
    }

    /// Makes a plan for `run`, and returns it with all findings.
    package func outcome(of request: PlanRequest, for run: RunID) -> PlanOutcome {
        var options = PlanOptions(
            backend: request.selection.plugin, kind: request.selection.kind, among: backends.plugins, runID: run)
        options.inputs = request.inputs
        options.settings = request.selection.options
        options.endpoint = request.endpoint
        options.allowOutsidePaths = request.allowOutsidePaths
        options.inputFolders = request.inputFolders
        options.userPaths = request.userPaths
        options.state = workspace.state
        options.roles = request.roles
        options.groupExists = { [caller] in caller.membership($0) != .unknown }
        options.queryProblem = { queryProblem(url: $0, access: $1) }
        return makePlan(of: request.path, options: options)
    }

    /// Returns the plan that the next run would follow, without observing the endpoint.
    package func snapshot(of request: PlanRequest) throws -> PlanSnapshot {
        try snapshot(of: request, for: try journal.nextRunID(of: try request.playbookName()))
    }

    /// Returns the plan for `run`.
    ///
    /// Reports warnings unless it is `quiet`.
    ///
    /// - Throws: ``ServiceError/Code/invalidPlaybook`` if there is an error among the findings.
    func snapshot(of request: PlanRequest, for run: RunID, quiet: Bool = false) throws(ServiceError) -> PlanSnapshot {
        try planned(request, for: run, quiet: quiet).snapshot
    }

    /// Returns the plan as ``snapshot(of:for:quiet:)`` does, and the settings for simulating it.
    func planned(
        _ request: PlanRequest, for run: RunID, quiet: Bool = false
    ) throws(ServiceError) -> (snapshot: PlanSnapshot, simulation: Value) {
        let outcome = outcome(of: request, for: run)
        let errors = outcome.findings.count { $0.severity == .error }
        guard errors == 0 else {
            throw ServiceError(
                .invalidPlaybook, "\(request.path) has \(errors.counted("error")); nothing was changed",
                findings: outcome.findings)
        }
        if !quiet { for finding in outcome.findings { notify(.finding(finding)) } }
        guard let snapshot = outcome.snapshot else {
            throw ServiceError(.invalidPlaybook, "\(request.path): could not make a plan")
        }
        return (snapshot, SimulatedPlugin().settings(in: outcome.backends, among: backends.plugins))
    }

    /// Returns the request with the observed endpoint filled in, if the playbook uses `live` or `candidate`.
    ///
    /// Changes nothing. `before` is called first, with a draft of the plan in which the roles are assumed.
    func looking(
        _ request: PlanRequest, for run: RunID, before: (Plan) throws -> Void = { _ in }
    ) async throws -> PlanRequest {
        guard case .assumed = request.roles else { return request }
        let assumed = outcome(of: request, for: run)
        guard !assumed.situations.isEmpty else { return request }
        var first = request
        first.roles = .assumed(.first)
        guard let draft = assumed.draft ?? outcome(of: first, for: run).draft else { return request }
        try before(draft)
        var looked = request
        looked.roles = .observed(
            try await with(request.selection, .look, for: draft) { try await $0.backend.observe(draft.endpoint) })
        return looked
    }
}

/// Returns the problem with the Prometheus server of an analysis query, and the key that causes it; nil if there is
/// none.
private func queryProblem(url: String, access: [String: String]) -> SettingsProblem? {
    do throws(PrometheusServer.AccessProblem) {
        _ = try PrometheusServer(url: url, access: access)
        return nil
    } catch {
        return SettingsProblem(path: [error.key], message: error.message)
    }
}
