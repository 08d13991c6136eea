package import Rollouts

/// One change that was asked of an endpoint, as its backend remembers it.
package struct HistoryEntry: Codable, Hashable, Sendable {
    /// Counted from 1 per endpoint.
    package var number: Int
    package var at: Timestamp
    package var change: Change
    /// Who asked; nil where the request did not say so, as those of the Azure SDK.
    package var context: ChangeContext?
    package var outcome: Outcome
    /// True when the state that is wanted changed by it: at most once per idempotency key.
    package var hadEffect: Bool

    package enum Outcome: Codable, Hashable, Sendable {
        case accepted
        /// The same change with the same key had been accepted before.
        case repeated
        case refused(String)
        /// Refused for now.
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
