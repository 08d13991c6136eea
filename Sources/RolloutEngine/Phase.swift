package import Rollouts

/// A run's phase, which together with the plan determines what comes next.
package indirect enum Phase: Codable, Hashable, Sendable {
    /// Nothing has been observed or done yet.
    case starting
    /// Between stages.
    case ready
    case waiting(ApprovalGate)
    case acting(Attempt)
    case baking(until: Timestamp)
    /// The state of the analysis is in ``RunRecord/analysis``.
    case analysing
    case backingOff(until: Timestamp)
    case rollingBack(RollBack)
    case held(Hold)
    case ended
}

/// One try of one stage.
package struct Attempt: Codable, Hashable, Sendable {
    /// Starts at 1.
    package var number: Int
    package var deadline: Timestamp
    /// The steps of the stage's action, determined once, when the attempt begins.
    package var steps: [Step]
    /// The index of the current step.
    package var step: Int
    /// The current step's intent, made durable before its effect.
    package var intent: Intent

    package init(number: Int, deadline: Timestamp, steps: [Step], step: Int = 0, intent: Intent) {
        self.number = number
        self.deadline = deadline
        self.steps = steps
        self.step = step
        self.intent = intent
    }
}

/// What is about to be done, recorded before it is done (P2).
package struct Intent: Codable, Hashable, Sendable {
    /// Identical each time the same step of the same attempt is sent.
    package var key: String
    /// The endpoint before the effect.
    package var before: Observation
    /// Whether the backend has confirmed that it accepts the change.
    package var accepted: Bool

    package init(key: String, before: Observation, accepted: Bool = false) {
        self.key = key
        self.before = before
        self.accepted = accepted
    }
}

/// The restoration of an endpoint to an earlier observed state (P18 and P19).
package struct RollBack: Codable, Hashable, Sendable {
    package enum Purpose: Codable, Hashable, Sendable {
        /// Restores the initial traffic and the deployments that serve it; then the run ends with this status.
        case end(RunStatus)
        /// Undoes drift; then the run continues.
        case undoDrift
    }

    /// The cause in a sentence.
    package var cause: String
    package var purpose: Purpose
    package var deadline: Timestamp
    /// The number of changes begun so far.
    package var changes: Int
    /// The change in progress, if any.
    package var change: Change?
    package var intent: Intent?

    package init(cause: String, purpose: Purpose, deadline: Timestamp) {
        self.cause = cause
        self.purpose = purpose
        self.deadline = deadline
        self.changes = 0
    }
}

/// Why the run needs a person's decision.
package struct Hold: Codable, Hashable, Sendable {
    package enum Cause: Codable, Hashable, Sendable {
        /// The endpoint differs from what this run left.
        case drift([Difference])
        /// A person adopted a drifted endpoint as it is, and has yet to decide what to do with the stage.
        case adopted
        /// An effect may or may not have happened.
        case unknown(Attempt)
        /// A stage failed, and its `on_failure` is `hold`.
        case failed
        /// An approval timed out, and its `on_timeout` is `hold`.
        case timedOut
        /// An analysis was inconclusive, and its `on_inconclusive` is `hold`.
        case inconclusive
        /// A rollback could not be completed.
        case rollBackFailed(RollBack)
    }

    package var cause: Cause
    package var reason: String

    /// Whether a request of `kind` continues or ends a run that is held for ``cause``.
    ///
    /// This is the only such table: the run machine and everything that offers next steps use it.
    package func accepts(_ kind: Request.Kind) -> Bool {
        switch (cause, kind) {
        case (_, .abort): true
        case (_, .approve), (_, .reject): false
        case (.rollBackFailed, .retry), (.rollBackFailed, .adopt): true
        case (.rollBackFailed, .skip), (.rollBackFailed, .succeed), (.rollBackFailed, .restore): false
        case (_, .skip), (_, .succeed): true
        case (.drift, .restore), (.drift, .adopt): true
        case (.drift, .retry): false
        case (.adopted, .retry), (.failed, .retry), (.unknown, .retry), (.timedOut, .retry), (.inconclusive, .retry):
            true
        case (.adopted, _), (.failed, _), (.unknown, _), (.timedOut, _), (.inconclusive, _): false
        }
    }

    package init(cause: Cause, reason: String) {
        self.cause = cause
        self.reason = reason
    }
}

/// One way in which an endpoint differs from what was expected.
package struct Difference: Codable, Hashable, Sendable, CustomStringConvertible {
    /// What differs, such as `traffic` or `deployment blue: instances`.
    package var what: String
    package var expected: String
    package var observed: String

    package init(what: String, expected: String, observed: String) {
        self.what = what
        self.expected = expected
        self.observed = observed
    }

    package var description: String { "\(what): expected \(expected), observed \(observed)" }
}
