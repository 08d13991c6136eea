/// Limits how often one request is retried.
///
/// Scoring is a query without side effects, so a request whose instance failed before sending a byte of the answer can
/// be retried: once, so that a request that crashes its instance crashes at most two. If the connection could not be
/// established, the instance has seen nothing of the request, and other instances may be tried. A reused connection may
/// just have been closed because of its age; such a request is retried on a new connection, which does not count.
struct RetryBudget {
    private var unreachable = 0
    private var unanswered = 0
    private(set) var needsNewConnection = false

    /// The maximum number of unreachable instances before a request fails.
    private static let instances = 5

    mutating func mayRetry(after failure: UpstreamFailure, instances: Int) -> Bool {
        switch failure {
        case .unreachable:
            unreachable += 1
            return unreachable < min(instances, Self.instances)
        case .unanswered(reused: true) where !needsNewConnection:
            needsNewConnection = true
            return true
        case .unanswered:
            unanswered += 1
            needsNewConnection = true
            return unanswered <= 1
        case .broken: return false
        }
    }
}

extension UpstreamFailure {
    /// Whether the failure indicates that the instance is unhealthy.
    var indicatesUnhealthyServer: Bool {
        switch self {
        case .unreachable, .unanswered(reused: false), .broken: true
        case .unanswered(reused: true): false
        }
    }
}
