/// What a stage's `analysis:` asks for: how long to look, how sure to be, and at what.
///
/// Times are seconds since the stage's action was done; probabilities and shares are fractions of 1.
package struct AnalysisSpecification: Hashable, Sendable, Codable {
    /// `for`: the longest; at its end ``onInconclusive`` decides.
    package var longest: Double
    /// `at_least`: nothing passes before.
    package var shortest: Double
    /// `warm_up`: what is answered before is no evidence, though it is exposure.
    package var warmUp: Double
    /// The chance that a good version is ever stopped, over the whole rollout.
    package var falseAlarm: Double
    /// The chance that a version at the margin, or beyond, is ever passed early.
    package var wrongPass: Double
    package var onInconclusive: InconclusivePolicy
    /// `control_limit`: the part of the control's requests that may fail for it to be compared with; nil: the default.
    package var controlLimit: Double?
    /// At least one, each with a name of its own.
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

    /// What becomes of the stage when its time is over without a verdict.
    package enum InconclusivePolicy: String, Hashable, Sendable, Codable, CaseIterable {
        case hold
        case rollBack = "roll_back"
        case goOn = "go_on"
    }

    /// How many shares of ``falseAlarm`` this stage's processes take.
    ///
    /// One a metric with evidence of its own, and one more for a hard limit. The shares of a rollout are the sum over its stages.
    package var alarmShares: Int { metrics.reduce(0) { $0 + $1.alarmShares } }
}

/// One signal that a gate looks at.
package enum Metric: Hashable, Sendable, Codable {
    case errors(ErrorLimits)
    case latency(LatencyLimits)
    case disagreement(DisagreementLimits)
    case prometheus(PrometheusLimits)

    /// The word for it in a playbook; for a Prometheus query, its own name.
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

/// `errors`: green fails no more often than blue.
package struct ErrorLimits: Hashable, Sendable, Codable {
    /// The part of blue's successes that green may fail in addition; passing proves that it is less.
    package var margin: Double
    /// The error rate that green may have whatever blue does.
    package var hardLimit: Double?

    package init(margin: Double = 0.01, hardLimit: Double? = nil) {
        self.margin = margin
        self.hardLimit = hardLimit
    }
}

/// `latency`: green is no slower than blue.
package struct LatencyLimits: Hashable, Sendable, Codable {
    /// By how much green may be slower without alarm: 0.05 divides its latencies by 1.05.
    package var tolerance: Double
    /// Passing proves that fewer than half of green's requests take longer than blue's median and this part more.
    package var p50Margin: Double
    /// The same for the slowest 5 %.
    package var p95Margin: Double

    package init(tolerance: Double = 0, p50Margin: Double = 0.25, p95Margin: Double = 0.25) {
        self.tolerance = tolerance
        self.p50Margin = p50Margin
        self.p95Margin = p95Margin
    }
}

/// `disagreement`: of mirrored requests, at most so many are answered differently.
package struct DisagreementLimits: Hashable, Sendable, Codable {
    /// The part of pairs that may disagree.
    package var maximum: Double
    /// How far apart two numbers of an answer may be, relative to the larger one; for those who compare answers.
    package var numericTolerance: Double

    package init(maximum: Double = 0.02, numericTolerance: Double = 1e-6) {
        self.maximum = maximum
        self.numericTolerance = numericTolerance
    }
}

/// `prometheus`: a query's value stays inside its limits.
package struct PrometheusLimits: Hashable, Sendable, Codable {
    package var name: String
    package var url: String
    package var query: String
    package var minimum: Double?
    package var maximum: Double?
    /// How many readings in a row may be outside; one more is a fail.
    package var failuresAllowed: Int
    /// How the server lets its reader in, by key: where secrets are kept, never the secrets.
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
