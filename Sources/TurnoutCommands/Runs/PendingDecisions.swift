internal import RolloutEngine
internal import Rollouts

extension PendingDecisions {
    /// Returns the pending decisions about the stage `name` as fragments: `approved by ann@vm (looks good), pending`.
    func words(on name: String, isPresent: Bool) -> [String] {
        requests.filter { $0.stage == name || (isPresent && $0.stage == nil) }.map { request in
            "\(request.kind.past) by \(request.by)" + (request.reason.map { " (\($0))" } ?? "") + ", pending"
        }
    }
}

extension Request.Kind {
    fileprivate var past: String {
        switch self {
        case .approve: "approved"
        case .reject: "rejected"
        case .abort: "aborted"
        case .skip: "skipped"
        case .succeed: "counted as done"
        case .retry: "retry requested"
        case .restore: "restore requested"
        case .adopt: "adoption requested"
        }
    }
}

/// A decision in JSON.
struct DecisionReport: Encodable, Sendable {
    var kind: Request.Kind
    var stage: String?
    var by: String
    var at: JSONTime
    var reason: String?

    init(_ request: Request) {
        kind = request.kind
        stage = request.stage
        by = request.by.description
        at = JSONTime(request.at)
        reason = request.reason
    }

    private enum Key: String, CodingKey { case kind, stage, by, at, reason }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(kind, forKey: .kind)
        try container.encode(stage, forKey: .stage)
        try container.encode(by, forKey: .by)
        try container.encode(at, forKey: .at)
        try container.encode(reason, forKey: .reason)
    }
}
