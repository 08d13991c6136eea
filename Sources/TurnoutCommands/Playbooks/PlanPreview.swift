internal import RolloutEngine
internal import RolloutStatistics
internal import Rollouts

/// What each stage of a plan would change, played on a model of the endpoint from what is there now.
struct PlanPreview: Hashable, Sendable {
    struct Stage: Hashable, Sendable {
        var name: String
        var action: StageAction.Kind
        /// Why the stage is skipped, or nil.
        var skip: String?
        /// Differences that it makes, in order; none where all of it is already so.
        var effects: [Effect] = []
        /// What it does besides changing the endpoint, as fragments: requests, a program, a wait.
        var deeds: [String] = []
        /// Why the backend would refuse it as things would stand then, or nil.
        var refusal: String?
        /// What it does to deployments that serve clients now, each as a fragment behind the stage's name.
        var warnings: [String] = []
        var approval: Approval?
        var analysis: GateSpecification?
        /// Why the analysis that is written is not done, or nil.
        var analysisSkip: String?
        /// When a version that is as good as the one before passes the analysis, at the rate of the plan's load; nil where
        /// it would not, or nobody knows.
        var verdict: Interval?
        var bake: Interval
        var timeout: Interval
        var retry: Retry
        var onFailure: FailurePolicy
        /// How long its changes and its bake would take, without people; nil where nobody knows.
        var duration: Interval?
    }

    struct Effect: Hashable, Sendable, Encodable {
        enum Sign: String, Hashable, Sendable, Encodable {
            case create, change, delete
        }

        var sign: Sign
        /// `deployment green`, `traffic`.
        var what: String
        /// `Standard_DS3_v2, 1 instance`; nil where there is nothing before or nothing to say.
        var before: String?
        var after: String?
    }

    var playbook: String
    var endpoint: Name
    var backend: String
    /// The endpoint as it is, and as it would be in the end.
    var now: EndpointSnapshot?
    var then: EndpointSnapshot?
    var stages: [Stage]
    /// What serves the deployments of the plan, and those that the endpoint has besides.
    var servers: Servers
    /// Nil where the playbook names none.
    var roles: Roles?

    /// Plays `plan` on the endpoint as observed, from the stage `first` on; `durations` tells how long the backend needs for
    /// a change, if that is known.
    init(
        of plan: Plan, from first: Int = 0, on observed: EndpointSnapshot?, kind: EndpointKind,
        durations: (@Sendable (Change) -> Interval)?
    ) {
        playbook = plan.playbook
        endpoint = plan.endpoint
        backend = plan.backend
        roles = plan.roles
        now = observed
        servers = Servers(of: plan, on: observed)
        var model = EndpointModel(kind: kind, endpoint: observed)
        var baseline = AnalysisBaseline(observed)
        var care = ServiceCare(observed, after: plan.stages.prefix(first))
        stages = plan.stages.dropFirst(first).map { written in
            let before = model.endpoint
            var stage = Stage(written, on: &model, durations: durations)
            guard stage.skip == nil else { return stage }
            stage.warnings = care.warnings(of: written, from: before, to: model.endpoint)
            let arms = baseline.arms(after: written.action, on: model.endpoint)
            if let analysis = written.analysis, let rate = plan.load?.rate, let arms {
                stage.verdict = analysis.expectedSeconds(
                    .init(rate: rate), share: arms.share, isMirror: arms.isMirror
                ).map { Interval(seconds: $0) }
            }
            return stage
        }
        then = model.endpoint
    }

    func count(of sign: Effect.Sign) -> Int {
        stages.reduce(0) { $0 + $1.effects.count { $0.sign == sign } }
    }

    /// What is to be known before it begins, in a sentence each.
    var warnings: [String] {
        stages.flatMap { stage in stage.warnings.map { "stage \(stage.name) \($0)" } }
    }

    /// Gates that people must pass.
    var approvals: Int { stages.count { $0.skip == nil && $0.approval != nil } }

    /// How long the whole would take, without people; nil where nobody knows.
    var duration: Interval? {
        stages.reduce(Interval.zero) { total, stage in
            guard let total, let duration = stage.duration else { return nil }
            return total + duration
        }
    }

    /// False where all stages only wait or run programs.
    var touchesEndpoint: Bool { stages.contains { $0.action != .wait && $0.action != .run } }
}

extension PlanPreview.Stage {
    fileprivate init(
        _ stage: Stage, on model: inout EndpointModel, durations: (@Sendable (Change) -> Interval)?
    ) {
        self.init(
            name: stage.name, action: stage.action.kind, skip: stage.skip, approval: stage.approval,
            analysis: stage.analysis, analysisSkip: stage.analysisSkip,
            bake: stage.bake,
            timeout: stage.timeout, retry: stage.retry, onFailure: stage.onFailure,
            duration: durations == nil ? nil : .zero)
        guard skip == nil else { return }
        if case .wait(let interval) = stage.action {
            deeds.append("wait \(interval)")
            duration = duration.map { $0 + interval }
        }
        for step in steps(of: stage.action, on: model.endpoint) {
            switch step {
            case .change(let change): play(change, on: &model, durations: durations)
            case .invoke(let invocation): deeds.append(invocation.deed)
            case .run(let command): deeds.append(command.deed)
            }
        }
        duration = duration.map { $0 + stage.bake + Interval(seconds: stage.analysis?.longest ?? 0) }
    }

    private mutating func play(
        _ change: Change, on model: inout EndpointModel, durations: (@Sendable (Change) -> Interval)?
    ) {
        guard refusal == nil else { return }
        let before = model.endpoint
        guard !change.isDone(in: before) else { return }
        do throws(Violation) {
            try model.accept(change)
            model.settle(change)
        } catch {
            refusal = error.message
            return
        }
        effects += PlanPreview.effects(from: before, to: model.endpoint)
        if let durations { duration = duration.map { $0 + durations(change) } }
    }
}

extension Invocation {
    fileprivate var deed: String {
        let target = deployment.map { "deployment \($0)" } ?? "the endpoint"
        var text = "send \(times) request\(times == 1 ? "" : "s") to \(target); expect status \(expect.status)"
        if let within = expect.within { text += " within \(within)" }
        if expect.json != nil { text += ", in JSON" }
        return text
    }
}

extension Command {
    fileprivate var deed: String {
        "run `\(words.joined(separator: " "))`, \(idempotent ? "again after a crash" : "at most once")"
    }
}
