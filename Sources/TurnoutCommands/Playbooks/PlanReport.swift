internal import RolloutEngine
internal import RolloutService
internal import RolloutStatistics
internal import Rollouts

/// The output of `turnout plan --json`.
struct PlanReport: Encodable {
    struct Stage: Encodable {
        var name: String
        var action: StageAction.Kind
        var skipped: String?
        var changes: [PlanPreview.Effect]
        var does: [String]
        var refused: String?
        var warnings: [String]
        var approval: Gate?
        var bakeSeconds: Double
        var analysis: AnalysisSpecification?
        var verdictSeconds: Double?
        /// Nil if the stage never times out.
        var timeoutSeconds: Double?
        var attempts: Int
        var onFailure: FailurePolicy
        var durationSeconds: Double?

        private enum CodingKeys: String, CodingKey {
            case name, action, skipped, changes, does, refused, warnings, approval, analysis, attempts
            case bakeSeconds = "bake_seconds"
            case verdictSeconds = "verdict_seconds"
            case timeoutSeconds = "timeout_seconds"
            case onFailure = "on_failure"
            case durationSeconds = "duration_seconds"
        }
    }

    struct Gate: Encodable {
        var required: Int
        var instructions: String?
        /// Nil if the approval never times out.
        var timeoutSeconds: Double?
        var onTimeout: Approval.TimeoutPolicy
        var starterMayApprove: Bool
        var group: String?

        private enum CodingKeys: String, CodingKey {
            case required, instructions, group
            case timeoutSeconds = "timeout_seconds"
            case onTimeout = "on_timeout"
            case starterMayApprove = "starter_may_approve"
        }
    }

    struct Summary: Encodable {
        var create: Int
        var change: Int
        var delete: Int
        var approvals: Int
        var durationSeconds: Double?

        private enum CodingKeys: String, CodingKey {
            case create, change, delete, approvals
            case durationSeconds = "duration_seconds"
        }
    }

    var playbook: String
    var endpoint: Name
    var backend: String
    var observed: EndpointReport?
    /// Nil if the playbook uses no roles.
    var roles: Roles?
    /// A description of what serves each deployment.
    var servers: Servers
    var stages: [Stage]
    var summary: Summary
    /// The plan ID for `turnout run --plan`.
    var plan: String
    var planHash: String
    var fingerprint: String

    private enum CodingKeys: String, CodingKey {
        case playbook, endpoint, backend, observed, roles, servers, stages, summary, plan, fingerprint
        case planHash = "plan_hash"
    }

    init(_ preview: PlanPreview, snapshot: PlanSnapshot) {
        playbook = preview.playbook
        endpoint = preview.endpoint
        backend = preview.backend
        observed = preview.now.map { EndpointReport($0) }
        roles = preview.roles
        servers = preview.servers
        stages = preview.stages.map(Stage.init)
        summary = Summary(
            create: preview.count(of: .create), change: preview.count(of: .change),
            delete: preview.count(of: .delete), approvals: preview.approvals,
            durationSeconds: preview.duration?.seconds)
        let token = PlanBinding(snapshot, Observation(preview.now))
        plan = token.text
        planHash = snapshot.hash
        fingerprint = token.fingerprint
    }
}

extension PlanReport.Stage {
    fileprivate init(_ stage: PlanPreview.Stage) {
        name = stage.name
        action = stage.action
        skipped = stage.skip
        changes = stage.effects
        does = stage.deeds
        refused = stage.refusal
        warnings = stage.warnings
        approval = stage.approval.map(PlanReport.Gate.init)
        bakeSeconds = stage.bake.seconds
        analysis = stage.analysis
        verdictSeconds = stage.verdict?.seconds
        timeoutSeconds = stage.timeout == .distantFuture ? nil : stage.timeout.seconds
        attempts = stage.retry.attempts
        onFailure = stage.onFailure
        durationSeconds = stage.duration?.seconds
    }
}

extension PlanReport.Gate {
    fileprivate init(_ approval: Approval) {
        required = approval.required
        instructions = approval.instructions
        timeoutSeconds = approval.timeout?.seconds
        onTimeout = approval.onTimeout
        starterMayApprove = approval.starterMayApprove
        group = approval.group
    }
}
