internal import Rollouts

/// What expressions can name.
struct ExpressionScope: Sendable {
    /// By full name: `inputs.canary`, `backend.mirroring`.
    var values: [String: Value] = [:]
    /// Names that have no value because a finding was already made about them.
    var faulty: Set<String> = []

    /// Whether traffic can be mirrored.
    static let mirroring = "backend.mirroring"
    /// Whether it is told what becomes of requests; not known where the settings of backends are filled in.
    static let metrics = "backend.metrics"
    /// The deployment that serves clients now; empty where none does.
    static let live = "live"
    /// The deployment that is to replace the live one.
    static let candidate = "candidate"
    static let roles: Set<String> = [live, candidate]
}

/// What is wrong with an expression.
struct ExpressionProblem: Error {
    /// Characters of the text that the expression stands in.
    var range: Range<Int>
    var message: String
    var help: String?
    /// True where another finding already says why there is no value.
    var isReported = false
}
