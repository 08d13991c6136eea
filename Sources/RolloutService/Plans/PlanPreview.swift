package import RolloutEngine
package import RolloutStatistics
package import Rollouts
internal import Support

/// What each stage of a plan would change, computed on a model of the endpoint that starts from its observed state.
package struct PlanPreview: Hashable, Sendable {
    package struct Stage: Hashable, Sendable {
        package var name: String
        package var action: StageAction.Kind
        /// Why the stage is skipped; nil if it is not.
        package var skip: String?
        /// The changes that it makes, in order; empty if the endpoint already is as the stage wants it.
        package var effects: [Effect] = []
        /// What it does apart from changing the endpoint, as fragments: requests, a program, a wait.
        package var deeds: [String] = []
        /// Why the backend would refuse the stage at that point; nil if it would not.
        package var refusal: String?
        /// What it does to deployments that serve clients now, as fragments that follow the stage's name.
        package var warnings: [String] = []
        package var approval: Approval?
        package var analysis: AnalysisSpecification?
        /// Why the stage's analysis is skipped; nil if it is not.
        package var analysisSkip: String?
        /// How long the analysis takes to pass a candidate that is as good as the control, at the rate of the plan's
        /// load; nil if it would not pass, or if that is unknown.
        package var verdict: Interval?
        package var bake: Interval
        package var timeout: Interval
        package var retry: Retry
        package var onFailure: FailurePolicy
        /// How long the stage takes, without time for approvals; nil if unknown.
        package var duration: Interval?
    }

    package struct Effect: Hashable, Sendable, Encodable {
        package enum Sign: String, Hashable, Sendable, Encodable {
            case create, change, delete
        }

        package var sign: Sign
        /// `deployment green`, `traffic`.
        package var what: String
        /// For example `Standard_DS3_v2, 1 instance`; nil if there was nothing before, or nothing to show.
        package var before: String?
        package var after: String?
    }

    package var playbook: String
    package var endpoint: Name
    package var backend: String
    /// The endpoint as observed.
    package var now: EndpointSnapshot?
    /// The endpoint after the last stage.
    package var then: EndpointSnapshot?
    package var stages: [Stage]
    /// What serves the deployments of the plan and the other deployments of the endpoint.
    package var servers: Servers
    /// The resolved roles; nil if the playbook uses none.
    package var roles: Roles?

    /// Applies the stages of `plan`, from index `first` on, to a model of the observed endpoint.
    ///
    /// `durations` is the backend if it can predict how long a change takes.
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
        var care = ServingImpact(observed, after: plan.stages.prefix(first))
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

    /// What a person should know before the run begins, one sentence each.
    package var warnings: [String] {
        stages.flatMap { stage in stage.warnings.map { "stage \(stage.name) \($0)" } }
    }

    /// The number of stages that need an approval.
    package var approvals: Int { stages.count { $0.skip == nil && $0.approval != nil } }

    /// How long the whole run takes, without time for approvals; nil if unknown.
    package var duration: Interval? {
        stages.reduce(Interval.zero) { total, stage in
            guard let total, let duration = stage.duration else { return nil }
            return total + duration
        }
    }

    /// Whether any stage uses the endpoint; false if all stages only wait or run programs.
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
        var text = "send \(times.counted("request")) to \(target); expect status \(expect.status)"
        if let within = expect.within { text += " within \(within)" }
        if expect.json != nil { text += ", in JSON" }
        return text
    }
}

extension Command {
    fileprivate var deed: String {
        "run `\(words.joined(separator: " "))`, \(idempotent ? "repeated after a crash" : "at most once")"
    }
}
