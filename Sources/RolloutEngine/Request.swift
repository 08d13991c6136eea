package import Rollouts

/// What a person asked of a run: kept in the journal until the run uses it, once.
package struct Request: Codable, Hashable, Sendable {
    package enum Kind: String, Codable, Hashable, Sendable, CaseIterable {
        case approve, reject
        case abort
        /// Go on without the stage.
        case skip
        /// Count the stage as done: its effect was seen to by hand.
        case succeed
        /// Try the held stage again.
        case retry
        /// Bring the endpoint back to what the run expects.
        case restore
        /// Take the endpoint as it is.
        case adopt
    }

    /// Given by the journal; 0 until then.
    package var number: Int
    package var kind: Kind
    /// The stage that it is about; nil where it is about the run.
    package var stage: String?
    /// The attempt whose gate was open when it was made; nil when it was made early.
    package var attempt: Int?
    package var planHash: String
    /// The observed state that the person was shown; nil when it was made early.
    package var fingerprint: String?
    package var by: Person
    /// The group of the gate, if the front end found that `by` is in it; nil otherwise.
    package var memberOf: String?
    package var at: Timestamp
    package var reason: String?
    /// What the person was shown, in a sentence.
    package var evidence: String?

    package init(
        number: Int = 0, kind: Kind, stage: String? = nil, attempt: Int? = nil, planHash: String,
        fingerprint: String? = nil, by: Person, memberOf: String? = nil, at: Timestamp, reason: String? = nil,
        evidence: String? = nil
    ) {
        self.number = number
        self.kind = kind
        self.stage = stage
        self.attempt = attempt
        self.planHash = planHash
        self.fingerprint = fingerprint
        self.by = by
        self.memberOf = memberOf
        self.at = at
        self.reason = reason
        self.evidence = evidence
    }
}
