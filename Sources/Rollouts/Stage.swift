package import RolloutStatistics

/// One stage of a plan: an action and the gates for leaving the stage.
package struct Stage: Hashable, Sendable, Codable {
    package var name: String
    package var action: StageAction
    /// Why the stage is skipped (`when` was false), or `nil` if it is not.
    package var skip: String?
    /// The approval that is required before the action.
    package var approval: Approval?
    /// How long the stage bakes under watch after its action.
    package var bake: Interval
    /// The analysis that decides from live evidence when the stage is left, instead of ``bake``.
    package var analysis: AnalysisSpecification?
    /// Why the stage bakes instead of running its analysis (`when` was false), or `nil`.
    package var analysisSkip: String?
    /// The timeout of one attempt, from its start until the action is observed to be complete, excluding the bake.
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
    /// An interval longer than any wait.
    package static let distantFuture = Interval(milliseconds: .max)
}

/// How often a stage is tried.
///
/// The backoff before attempt n+1 is `backoff × 2^(n-1)`, at most one hour.
package struct Retry: Hashable, Sendable, Codable {
    /// At least 1.
    package var attempts: Int
    package var backoff: Interval

    package init(attempts: Int = 1, backoff: Interval = .seconds(10)) {
        self.attempts = attempts
        self.backoff = backoff
    }

    /// Returns the wait after attempt `attempt`, counted from 1, has failed.
    package func wait(after attempt: Int) -> Interval {
        let doublings = min(max(attempt - 1, 0), 20)
        return min(backoff * (1 << Int64(doublings)), max(.hours(1), backoff))
    }
}

extension Stage {
    /// Whether the stage has a gate: an approval, an analysis or a bake.
    package var isGated: Bool { approval != nil || analysis != nil || bake > .zero }
}

/// What happens to the run when a stage has failed permanently.
package enum FailurePolicy: String, Hashable, Sendable, Codable, CaseIterable {
    case rollBack = "roll_back"
    case hold
    case stop
}
