package import Rollouts

/// A person's request to a run, kept in the journal until the run uses it once.
package struct Request: Codable, Hashable, Sendable {
    package enum Kind: String, Codable, Hashable, Sendable, CaseIterable {
        case approve, reject
        case abort
        /// Continue without the stage.
        case skip
        /// Count the stage as done because its effect was achieved manually.
        case succeed
        /// Retry the held stage.
        case retry
        /// Restore the endpoint to what the run expects.
        case restore
        /// Accept the endpoint as it is.
        case adopt
    }

    /// Assigned by the journal; 0 before that.
    package var number: Int
    package var kind: Kind
    /// The stage that the request is about, or `nil` if it is about the run.
    package var stage: String?
    /// The attempt whose gate was open when the request was made, or `nil` if it was made in advance.
    package var attempt: Int?
    package var planHash: String
    /// The observed state that the person was shown, or `nil` if the request was made in advance.
    package var fingerprint: String?
    package var by: Person
    /// The gate's group if the front end found that `by` is a member, else `nil`.
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
