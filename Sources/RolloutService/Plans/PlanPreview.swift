package import RolloutEngine
package import RolloutStatistics
package import Rollouts

/// What each stage of a plan would change, played on a model of the endpoint from what is there now.
package struct PlanPreview: Hashable, Sendable {
    package struct Stage: Hashable, Sendable {
        package var name: String
        package var action: StageAction.Kind
        /// Why the stage is skipped, or nil.
        package var skip: String?
        /// Differences that it makes, in order; none where all of it is already so.
        package var effects: [Effect] = []
        /// What it does besides changing the endpoint, as fragments: requests, a program, a wait.
        package var deeds: [String] = []
        /// Why the backend would refuse it as things would stand then, or nil.
        package var refusal: String?
        /// What it does to deployments that serve clients now, each as a fragment behind the stage's name.
        package var warnings: [String] = []
        package var approval: Approval?
        package var analysis: AnalysisSpecification?
        /// Why the analysis that is written is not done, or nil.
        package var analysisSkip: String?
        /// When a version that is as good as the one before passes the analysis, at the rate of the plan's load; nil where
        /// it would not, or nobody knows.
        package var verdict: Interval?
        package var bake: Interval
        package var timeout: Interval
        package var retry: Retry
        package var onFailure: FailurePolicy
        /// How long its changes and its bake would take, without people; nil where nobody knows.
        package var duration: Interval?
    }

    package struct Effect: Hashable, Sendable, Encodable {
        package enum Sign: String, Hashable, Sendable, Encodable {
            case create, change, delete
        }

        package var sign: Sign
        /// `deployment green`, `traffic`.
        package var what: String
        /// `Standard_DS3_v2, 1 instance`; nil where there is nothing before or nothing to say.
        package var before: String?
        package var after: String?
    }

    package var playbook: String
    package var endpoint: Name
    package var backend: String
    /// The endpoint as it is, and as it would be in the end.
    package var now: EndpointSnapshot?
    package var then: EndpointSnapshot?
    package var stages: [Stage]
    /// What serves the deployments of the plan, and those that the endpoint has besides.
    package var servers: Servers
    /// Nil where the playbook names none.
    package var roles: Roles?

    /// Plays `plan` on the endpoint as observed, from the stage `first` on; `durations` is a backend that knows how
    /// long it needs for a change.
    package init(
        of plan: Plan, from first: Int = 0, on observed: EndpointSnapshot?, kind: EndpointKind,
        durations: (any ChangeDurations)?
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

    package func count(of sign: Effect.Sign) -> Int {
        stages.reduce(0) { $0 + $1.effects.count { $0.sign == sign } }
    }

    /// What is to be known before it begins, in a sentence each.
    package var warnings: [String] {
        stages.flatMap { stage in stage.warnings.map { "stage \(stage.name) \($0)" } }
    }

    /// Gates that people must pass.
    package var approvals: Int { stages.count { $0.skip == nil && $0.approval != nil } }

    /// How long the whole would take, without people; nil where nobody knows.
    package var duration: Interval? {
        stages.reduce(Interval.zero) { total, stage in
            guard let total, let duration = stage.duration else { return nil }
            return total + duration
        }
    }

    /// False where all stages only wait or run programs.
    package var touchesEndpoint: Bool { stages.contains(where: \.action.touchesEndpoint) }
}

extension PlanPreview.Stage {
    fileprivate init(
        _ stage: Stage, on model: inout EndpointModel, durations: (any ChangeDurations)?
    ) {
        self.init(
            name: stage.name, action: stage.action.kind, skip: stage.skip, approval: stage.approval,
            analysis: stage.analysis, analysisSkip: stage.analysisSkip,
            bake: stage.bake,
            timeout: stage.timeout, retry: stage.retry, onFailure: stage.onFailure,
            duration: durations == nil ? nil : .zero)
        guard skip == nil else { return }
        let rest = stage.action.content.rest
        if rest > .zero || stage.action.kind == .wait {
            deeds.append("wait \(rest)")
            duration = duration.map { $0 + rest }
        }
        for step in stage.action.steps(on: model.endpoint) {
            switch step {
            case .change(let change): play(change, on: &model, durations: durations)
            case .invoke(let invocation): deeds.append(invocation.deed)
            case .run(let command): deeds.append(command.deed)
            }
        }
        duration = duration.map { $0 + stage.bake + Interval(seconds: stage.analysis?.longest ?? 0) }
    }

    private mutating func play(
        _ change: Change, on model: inout EndpointModel, durations: (any ChangeDurations)?
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
        if let durations { duration = duration.map { $0 + durations.duration(of: change) } }
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
