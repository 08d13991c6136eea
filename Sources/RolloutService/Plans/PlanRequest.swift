internal import FoundationEssentials
package import PlaybookSyntax
internal import PrometheusMetrics
package import RolloutEngine
package import Rollouts
internal import SimulatedEndpoints

/// What a plan is to be made of.
package struct PlanRequest: Sendable {
    /// Of the playbook.
    package var path: String
    package var selection: BackendSelection
    package var inputs: [String: InputText] = [:]
    /// Takes the place of the endpoint that the playbook names.
    package var endpoint: Name?
    package var allowOutsidePaths = false
    /// Where paths among the inputs were typed, by the input's name.
    package var inputFolders: [String: String] = [:]
    /// Paths that the user typed for an earlier plan.
    var userPaths: Set<String> = []
    /// What the roles of the playbook are resolved against; see ``RolloutService/looking(_:for:before:)``.
    package var roles = RoleSource.assumed(.later)

    /// `selection` gets the kind that the playbook asks for, unless the user named one.
    package init(path: String, selection: BackendSelection) {
        self.path = path
        self.selection = selection.asking(playbook: path)
    }

    /// The name that runs of the playbook have.
    package func playbookName() throws(ServiceError) -> String {
        do throws(FileProblem) {
            return try PlaybookSource(path: path).summary.name
        } catch {
            throw ServiceError(.invalidPlaybook, "\(path): \(error)")
        }
    }
}

/// A check of a playbook without a look at the endpoint.
package struct PlaybookCheck: Sendable {
    /// Each once.
    package var findings: [Finding] = []
    /// The roles that the playbook was checked with, one after another; empty where it names none.
    package var assumed: [Roles] = []
    /// What was explored, where that was asked for and the playbook could be read.
    package var explorations: [ExhaustiveCheck.Report] = []
}

extension RolloutService {
    /// Finds what is wrong with a playbook; with `isExhaustive`, explores every outcome of every stage.
    ///
    /// A playbook with roles is checked for every situation that it can meet.
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

    /// The plan that a run would follow, and what each stage would do to the endpoint as it is now.
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

    /// What comes of the playbook, with everything that was found in it.
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

    /// The plan that the next run would follow, without a look at the endpoint.
    package func snapshot(of request: PlanRequest) throws -> PlanSnapshot {
        try snapshot(of: request, for: try journal.nextRunID(of: try request.playbookName()))
    }

    /// The plan; one error among the findings is the end.
    ///
    /// Warnings that have been told before are left out when it is `quiet`.
    func snapshot(of request: PlanRequest, for run: RunID, quiet: Bool = false) throws(ServiceError) -> PlanSnapshot {
        try planned(request, for: run, quiet: quiet).snapshot
    }

    /// The plan as ``snapshot(of:for:quiet:)`` gives it, and the settings of a simulated world for it.
    func planned(
        _ request: PlanRequest, for run: RunID, quiet: Bool = false
    ) throws(ServiceError) -> (snapshot: PlanSnapshot, simulation: Value) {
        let outcome = outcome(of: request, for: run)
        let errors = outcome.findings.count { $0.severity == .error }
        guard errors == 0 else {
            throw ServiceError(
                .invalidPlaybook, "\(request.path) has \(errors) error\(errors == 1 ? "" : "s"); nothing was changed",
                findings: outcome.findings)
        }
        if !quiet { for finding in outcome.findings { notify(.finding(finding)) } }
        guard let snapshot = outcome.snapshot else {
            throw ServiceError(.invalidPlaybook, "\(request.path): no plan could be made")
        }
        return (snapshot, SimulatedPlugin().settings(in: outcome.backends, among: backends.plugins))
    }

    /// The same request, with the endpoint as it is now where the playbook uses `live` or `candidate`, which depend on it.
    ///
    /// Nothing is changed by looking. `before` is asked first, with the plan as far as it is known without.
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

/// What is wrong with the server that an analysis' query names: at which of its keys, and how.
private func queryProblem(url: String, access: [String: String]) -> SettingsProblem? {
    do throws(PrometheusServer.AccessProblem) {
        _ = try PrometheusServer(url: url, access: access)
        return nil
    } catch {
        return SettingsProblem(path: [error.key], message: error.message)
    }
}
