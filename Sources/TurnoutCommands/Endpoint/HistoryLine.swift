internal import RolloutEngine
internal import Rollouts

/// A change that was requested of an endpoint, from the backend's history.
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
    /// Why the change was not accepted.
    var reason: String?
    /// Whether it changed the desired state.
    var hadEffect: Bool

    private enum CodingKeys: String, CodingKey {
        case number, at, run, stage, attempt, key, epoch, change, outcome, reason
        case hadEffect = "had_effect"
    }
}

extension HistoryLine {
    /// Converts a history entry.
    ///
    /// Requests from other tools, such as Azure's SDK, have no run.
    init(_ entry: HistoryEntry) {
        let (outcome, reason): (Outcome, String?) =
            switch entry.outcome {
            case .accepted: (.accepted, nil)
            case .repeated: (.repeated, nil)
            case .refused(let reason): (.refused, reason)
            case .busy(let reason): (.busy, reason)
            case .fenced(let reason): (.fenced, reason)
            }
        self.init(
            number: entry.number, at: JSONTime(entry.at), run: entry.context.map { "\($0.run)" } ?? "–",
            stage: entry.context?.stage ?? "–", attempt: entry.context?.attempt ?? 0,
            key: entry.context?.idempotencyKey ?? "", epoch: entry.context?.epoch ?? 0,
            change: entry.change.description, outcome: outcome, reason: reason, hadEffect: entry.hadEffect)
    }
}
