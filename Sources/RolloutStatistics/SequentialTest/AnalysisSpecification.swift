/// A stage's `analysis:`: its durations, error probabilities and metrics.
///
/// Times are seconds since the stage's action was completed; probabilities and shares are fractions of 1.
package struct AnalysisSpecification: Hashable, Sendable, Codable {
    /// `for`: the maximum duration, after which ``onInconclusive`` decides.
    package var longest: Double
    /// `at_least`: the minimum duration before a pass.
    package var shortest: Double
    /// `warm_up`: the time before which requests are counted but are not evidence.
    package var warmUp: Double
    /// The probability that a good version is ever stopped, over the whole rollout.
    package var falseAlarm: Double
    /// The probability that a version at or beyond the margin ever passes early.
    package var wrongPass: Double
    package var onInconclusive: InconclusivePolicy
    /// `control_limit`: the maximum failed fraction of the control's requests for a comparison; `nil` for the default.
    package var controlLimit: Double?
    /// The metrics: at least one, with unique names.
    package var metrics: [Metric]

    package init(
        longest: Double, shortest: Double = 0, warmUp: Double = 0, falseAlarm: Double = 0.01,
        wrongPass: Double = 0.05, onInconclusive: InconclusivePolicy = .hold, controlLimit: Double? = nil,
        metrics: [Metric]
    ) {
        self.longest = longest
        self.shortest = shortest
        self.warmUp = warmUp
        self.falseAlarm = falseAlarm
        self.wrongPass = wrongPass
        self.onInconclusive = onInconclusive
        self.controlLimit = controlLimit
        self.metrics = metrics
    }

    /// The default of ``controlLimit``.
    package static let defaultControlLimit = 0.1

    /// What happens to the stage if its time is over without a verdict.
    package enum InconclusivePolicy: String, Hashable, Sendable, Codable, CaseIterable {
        case hold
        case rollBack = "roll_back"
        case goOn = "go_on"
    }

    /// The number of shares of ``falseAlarm`` that this stage's processes use.
    ///
    /// Each metric with separate evidence uses one, and a hard limit one more. The shares of a rollout are the sum over
    /// its stages.
    package var alarmShares: Int { metrics.reduce(0) { $0 + $1.alarmShares } }
}

/// A signal that a gate evaluates.
package enum Metric: Hashable, Sendable, Codable {
    case errors(ErrorLimits)
    case latency(LatencyLimits)
    case disagreement(DisagreementLimits)
    case prometheus(PrometheusLimits)

    /// The metric's name in a playbook; for a Prometheus query, the query's name.
    package var name: String {
        switch self {
        case .errors: "errors"
        case .latency: "latency"
        case .disagreement: "disagreement"
        case .prometheus(let limits): limits.name
        }
    }

    package var isLatency: Bool { if case .latency = self { true } else { false } }

    /// See ``AnalysisSpecification/alarmShares``.
    package var alarmShares: Int {
        switch self {
        case .errors(let limits): limits.hardLimit == nil ? 1 : 2
        case .latency, .disagreement: 1
        case .prometheus: 0
        }
    }
}

/// `errors`: the candidate fails no more often than the control.
package struct ErrorLimits: Hashable, Sendable, Codable {
    /// The fraction of the control's successes that the candidate may additionally fail; a pass proves that it is less.
    package var margin: Double
    /// The maximum error rate of the candidate, regardless of the control; `nil` for none.
    package var hardLimit: Double?

    package init(margin: Double = 0.01, hardLimit: Double? = nil) {
        self.margin = margin
        self.hardLimit = hardLimit
    }
}

/// `latency`: the candidate is no slower than the control.
package struct LatencyLimits: Hashable, Sendable, Codable {
    /// How much slower the candidate may be without an alarm: 0.05 divides its latencies by 1.05.
    package var tolerance: Double
    /// The margin for the median.
    ///
    /// A pass proves that fewer than half of the candidate's requests take longer than the control's median plus this
    /// fraction.
    package var p50Margin: Double
    /// The margin for the slowest 5 %, likewise.
    package var p95Margin: Double

    package init(tolerance: Double = 0, p50Margin: Double = 0.25, p95Margin: Double = 0.25) {
        self.tolerance = tolerance
        self.p50Margin = p50Margin
        self.p95Margin = p95Margin
    }
}

/// `disagreement`: the answers to mirrored requests differ at most this often.
package struct DisagreementLimits: Hashable, Sendable, Codable {
    /// The maximum fraction of pairs with different answers.
    package var maximum: Double
    /// The maximum difference between two numbers in answers, relative to the larger one; used where answers are
    /// compared.
    package var numericTolerance: Double

    package init(maximum: Double = 0.02, numericTolerance: Double = 1e-6) {
        self.maximum = maximum
        self.numericTolerance = numericTolerance
    }
}

/// `prometheus`: the value of a query stays within its limits.
package struct PrometheusLimits: Hashable, Sendable, Codable {
    package var name: String
    package var url: String
    package var query: String
    package var minimum: Double?
    package var maximum: Double?
    /// How many readings in a row may be outside the limits; one more is a fail.
    package var failuresAllowed: Int
    /// How to authenticate with the server, by key: where secrets are stored, never the secrets themselves.
    package var access: [String: String]?

    package init(
        name: String = "prometheus", url: String, query: String, minimum: Double? = nil, maximum: Double? = nil,
        failuresAllowed: Int = 0, access: [String: String]? = nil
    ) {
        self.access = access
        self.name = name
        self.url = url
        self.query = query
        self.minimum = minimum
        self.maximum = maximum
        self.failuresAllowed = failuresAllowed
    }
}
