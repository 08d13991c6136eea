package import RolloutStatistics

/// One stage of a plan: one action, and what must hold before it is left.
package struct Stage: Hashable, Sendable, Codable {
    package var name: String
    package var action: StageAction
    /// Why the stage is skipped (`when` was false), or nil when it is to be done.
    package var skip: String?
    /// Asked for before the action.
    package var approval: Approval?
    /// How long the stage bakes after its action, while the endpoint is watched.
    package var bake: Interval
    /// Decides by live evidence when the stage is left, instead of ``bake``.
    package var analysis: AnalysisSpecification?
    /// Why the analysis that the stage has is not done here (its `when` was false), so that it bakes instead; or nil.
    package var analysisSkip: String?
    /// How long one attempt may take, from its start until the action is observed to be done (without the bake).
    package var timeout: Interval
    package var retry: Retry
    package var onFailure: FailurePolicy

    package init(
        name: String, action: StageAction, skip: String? = nil, approval: Approval? = nil, bake: Interval = .zero,
        analysis: AnalysisSpecification? = nil, analysisSkip: String? = nil, timeout: Interval? = nil,
        retry: Retry = Retry(),
        onFailure: FailurePolicy = .rollBack
    ) {
        self.name = name
        self.action = action
        self.skip = skip
        self.approval = approval
        self.bake = bake
        self.analysis = analysis
        self.analysisSkip = analysisSkip
        self.timeout = timeout ?? action.kind.type.defaultTimeout
        self.retry = retry
        self.onFailure = onFailure
    }
}

extension Interval {
    /// Longer than any wait.
    package static let distantFuture = Interval(milliseconds: .max)
}

/// How often a stage is tried; the wait before attempt n+1 is `backoff × 2^(n-1)`, at most an hour.
package struct Retry: Hashable, Sendable, Codable {
    /// At least 1.
    package var attempts: Int
    package var backoff: Interval

    package init(attempts: Int = 1, backoff: Interval = .seconds(10)) {
        self.attempts = attempts
        self.backoff = backoff
    }

    /// The wait after attempt `attempt` (counted from 1) failed.
    package func wait(after attempt: Int) -> Interval {
        let doublings = min(max(attempt - 1, 0), 20)
        return min(backoff * (1 << Int64(doublings)), max(.hours(1), backoff))
    }
}

extension Stage {
    /// Whether something is looked at before the stage is left: people, live evidence, or a bake.
    package var isGated: Bool { approval != nil || analysis != nil || bake > .zero }
}

/// What becomes of the run when a stage has failed for good.
package enum FailurePolicy: String, Hashable, Sendable, Codable, CaseIterable {
    case rollBack = "roll_back"
    case hold
    case stop
}
