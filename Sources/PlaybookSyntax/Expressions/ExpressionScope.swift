internal import Rollouts

/// The names and values that expressions can use.
struct ExpressionScope: Sendable {
    /// Values by full name: `inputs.canary`, `backend.mirroring`.
    var values: [String: Value] = [:]
    /// Names without a value, for which a finding already says why.
    var faulty: Set<String> = []

    /// Whether the backend can mirror traffic.
    static let mirroring = "backend.mirroring"
    /// Whether the backend reports outcomes of requests; not available in the settings of backends.
    static let metrics = "backend.metrics"
    /// The deployment that serves clients now; empty if there is none.
    static let live = "live"
    /// The deployment that is to replace the live one.
    static let candidate = "candidate"
    static let roles: Set<String> = [live, candidate]
}

/// An error in an expression.
struct ExpressionProblem: Error {
    /// The faulty characters, counted in the text that contains the expression.
    var range: Range<Int>
    var message: String
    var help: String?
    /// Whether another finding already says why there is no value.
    var isReported = false
}
