/// How often one request may be tried anew.
///
/// Scoring asks a question and changes nothing, so a request whose instance ended without a byte of an answer may be
/// asked again: once, so that a request that kills its instance kills two at most. Where no connection was made the
/// instance has seen nothing of it, and every other one may be tried. A connection that had been used before may just
/// have been closed for its age: such a request goes by a new connection, and that counts for nothing.
struct RetryBudget {
    private var unreachable = 0
    private var unanswered = 0
    private(set) var wantsFreshConnection = false

    /// Instances that are tried one after the other before a request is given up.
    private static let instances = 5

    mutating func mayRetry(after failure: UpstreamFailure, instances: Int) -> Bool {
        switch failure {
        case .unreachable:
            unreachable += 1
            return unreachable < min(instances, Self.instances)
        case .unanswered(reused: true) where !wantsFreshConnection:
            wantsFreshConnection = true
            return true
        case .unanswered:
            unanswered += 1
            wantsFreshConnection = true
            return unanswered <= 1
        case .broken: return false
        }
    }
}

extension UpstreamFailure {
    /// True where it tells that the instance is not well.
    var isTheServers: Bool {
        switch self {
        case .unreachable, .unanswered(reused: false), .broken: true
        case .unanswered(reused: true): false
        }
    }
}
