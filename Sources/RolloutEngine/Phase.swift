package import Rollouts

/// What a run is doing; with the plan it decides what comes next.
package indirect enum Phase: Codable, Hashable, Sendable {
    /// Nothing was observed or done yet.
    case starting
    /// Between stages.
    case ready
    case waiting(ApprovalGate)
    case acting(Attempt)
    case baking(until: Timestamp)
    /// As ``RunRecord/analysis`` tells.
    case analysing
    case backingOff(until: Timestamp)
    case rollingBack(RollBack)
    case held(Hold)
    case ended
}

/// One try of one stage.
package struct Attempt: Codable, Hashable, Sendable {
    /// From 1.
    package var number: Int
    package var deadline: Timestamp
    /// What the stage's action comes to; decided once, when the attempt begins.
    package var steps: [Step]
    /// Index of the step under way.
    package var step: Int
    /// Made durable before the step's effect.
    package var intent: Intent

    package init(number: Int, deadline: Timestamp, steps: [Step], step: Int = 0, intent: Intent) {
        self.number = number
        self.deadline = deadline
        self.steps = steps
        self.step = step
        self.intent = intent
    }
}

/// What is about to be done, as it is recorded before it is done (P2).
package struct Intent: Codable, Hashable, Sendable {
    /// The same for every sending of one step of one attempt.
    package var key: String
    /// The endpoint before the effect.
    package var before: Observation
    /// True once the backend has said that it accepts the change.
    package var accepted: Bool

    package init(key: String, before: Observation, accepted: Bool = false) {
        self.key = key
        self.before = before
        self.accepted = accepted
    }
}

/// A run of its own kind that brings the endpoint back to what was observed earlier (P18 and P19).
package struct RollBack: Codable, Hashable, Sendable {
    package enum Purpose: Codable, Hashable, Sendable {
        /// Restores the traffic of the start, and what serves it; then the run ends so.
        case end(RunStatus)
        /// Undoes drift; then the run goes on.
        case undoDrift
    }

    /// In a sentence.
    package var cause: String
    package var purpose: Purpose
    package var deadline: Timestamp
    /// Changes begun so far.
    package var changes: Int
    /// The change under way, if any.
    package var change: Change?
    package var intent: Intent?

    package init(cause: String, purpose: Purpose, deadline: Timestamp) {
        self.cause = cause
        self.purpose = purpose
        self.deadline = deadline
        self.changes = 0
    }
}

/// Why a person must say how to go on.
package struct Hold: Codable, Hashable, Sendable {
    package enum Cause: Codable, Hashable, Sendable {
        /// The endpoint is not as this run left it.
        case drift([Difference])
        /// A person took a drifted endpoint as it is, and is to say what becomes of the stage.
        case adopted
        /// An effect may or may not have happened.
        case unknown(Attempt)
        /// A stage failed, and its `on_failure` is `hold`.
        case failed
        /// An approval's time ran out, and its `on_timeout` is `hold`.
        case timedOut
        /// An analysis came to no verdict, and its `on_inconclusive` is `hold`.
        case inconclusive
        /// Rolling back could not be finished.
        case rollBackFailed(RollBack)
    }

    package var cause: Cause
    package var reason: String

    /// Whether a request of `kind` lets a run go on, or ends it, that is held for ``cause``.
    ///
    /// The only table of this: the run machine follows it, and whoever offers next steps asks it.
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

/// One way in which an endpoint is not as expected.
package struct Difference: Codable, Hashable, Sendable, CustomStringConvertible {
    /// What differs: `traffic`, `deployment blue: instances`.
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
