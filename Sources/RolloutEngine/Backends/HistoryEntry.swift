package import Rollouts

/// One change that was requested on an endpoint, as its backend recorded it.
package struct HistoryEntry: Codable, Hashable, Sendable {
    /// Counted from 1 per endpoint.
    package var number: Int
    package var at: Timestamp
    package var change: Change
    /// The sender, or `nil` if the request did not identify one, as with the Azure SDK.
    package var context: ChangeContext?
    package var outcome: Outcome
    /// Whether it changed the desired state; true at most once per idempotency key.
    package var hadEffect: Bool

    package enum Outcome: Codable, Hashable, Sendable {
        case accepted
        /// The same change with the same key had been accepted before.
        case repeated
        case refused(String)
        /// Refused temporarily.
        case busy(String)
        /// A later epoch had been seen.
        case fenced(String)
    }

    package init(
        number: Int, at: Timestamp, change: Change, context: ChangeContext?, outcome: Outcome, hadEffect: Bool
    ) {
        self.number = number
        self.at = at
        self.change = change
        self.context = context
        self.outcome = outcome
        self.hadEffect = hadEffect
    }
}
