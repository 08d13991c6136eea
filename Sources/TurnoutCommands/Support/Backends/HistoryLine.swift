internal import RolloutEngine
internal import Rollouts

/// One change that was asked of an endpoint, as its backend remembers it.
struct HistoryLine: Encodable, Hashable {
    enum Outcome: String, Encodable {
        case accepted, repeated, refused, busy, fenced
    }

    var number: Int
    var at: JSONTime
    var run: String
    var stage: String
    var attempt: Int
    var key: String
    var epoch: Int
    /// `traffic {blue: 90, green: 10}`.
    var change: String
    var outcome: Outcome
    /// Why it was not accepted.
    var reason: String?
    /// True when the state that is wanted changed by it.
    var hadEffect: Bool

    private enum CodingKeys: String, CodingKey {
        case number, at, run, stage, attempt, key, epoch, change, outcome, reason
        case hadEffect = "had_effect"
    }
}
