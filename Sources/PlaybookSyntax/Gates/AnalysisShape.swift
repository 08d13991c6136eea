internal import RolloutStatistics

extension ObjectShape {
    /// What a stage's gate looks at, and how sure it must be.
    static let analysis = ObjectShape(
        "analysis",
        [
            Field(
                "when", .condition, "Where this is false, the stage rests as its own 'for' says instead.",
                example: "${{ backend.metrics }}"),
            Field(
                "for", .duration(positive: true), required: true,
                "How long the gate may look; at the end on_inconclusive decides.", example: "30m"),
            Field("at_least", .duration(), "How long it looks at least. Default: 0s.", example: "1m"),
            Field(
                "warm_up", .duration(),
                "How long after the action requests are no evidence. Default: 0s.", example: "30s"),
            Field(
                "false_alarm", .fraction(AnalysisLimit.chance),
                "The chance that a good version is stopped, over the whole rollout. Default: 1%.",
                example: "1%"),
            Field(
                "wrong_pass", .fraction(AnalysisLimit.chance),
                "The chance that a version at its margin is passed. Default: 5%.", example: "5%"),
            Field(
                "control_limit", .fraction(AnalysisLimit.share),
                "The part of the control's requests that may fail. Above it, nothing is compared with the control and "
                    + "the verdict is inconclusive, except by hard_limit. Default: 10%.", example: "10%"),
            Field(
                "on_inconclusive", .choice(AnalysisSpecification.InconclusivePolicy.allCases.map(\.rawValue)),
                "What becomes of the run without a verdict. Default: hold."),
            Field(
                "metrics", .list(.anyOf([.choice(AnalysisLimit.words), .object(.metric)]), atLeast: 1), required: true,
                "What is looked at: a word, or a word with its limits.", example: "[errors, latency]"),
        ])

    static let metric = ObjectShape(
        "a metric", oneOf: ["errors", "latency", "disagreement", "prometheus"],
        [
            Field("errors", .object(.errorMetric), "Green's error rate beside blue's."),
            Field("latency", .object(.latencyMetric), "Green's latencies beside blue's."),
            Field("disagreement", .object(.disagreementMetric), "How many mirrored requests are answered differently."),
            Field("prometheus", .object(.prometheusMetric), "The value of a query."),
        ])

    static let errorMetric = ObjectShape(
        "errors",
        [
            Field(
                "margin", .fraction(AnalysisLimit.share),
                "How much more green may fail for it to pass. Default: 1pt.", example: "1pt"),
            Field("hard_limit", .fraction(AnalysisLimit.share), "The error rate that fails green whatever blue does."),
        ])

    static let latencyMetric = ObjectShape(
        "latency",
        [
            Field(
                "tolerance", .fraction(0...10),
                "How much slower green may be without alarm. Default: 0%.", example: "5%"),
            Field("margin", .object(.latencyMargin), "How much slower green may be for it to pass."),
        ])

    static let latencyMargin = ObjectShape(
        "margin",
        [
            Field("p50", .fraction(AnalysisLimit.factor), "Of the median. Default: 25%."),
            Field("p95", .fraction(AnalysisLimit.factor), "Of the p95. Default: 25%."),
        ])

    static let disagreementMetric = ObjectShape(
        "disagreement",
        [
            Field(
                "max", .fraction(AnalysisLimit.share),
                "The part of pairs that may disagree. Default: 2%."),
            Field(
                "numeric_tolerance", .number(0...1),
                "How far apart two numbers may be, relative to the larger. Default: 1e-6."),
        ])

    static let prometheusMetric = ObjectShape(
        "prometheus",
        [
            Field("name", .text, "What it is called in verdicts. Default: prometheus."),
            Field("url", .text, required: true, "The server.", example: "http://127.0.0.1:9090"),
            Field("query", .text, required: true, "PromQL that gives one value.", example: "up"),
            Field("max", .number(AnalysisLimit.any), "The largest value."),
            Field("min", .number(AnalysisLimit.any), "The least value."),
            Field(
                "failures_allowed", .integer(0...1000),
                "How many readings in a row may be outside. Default: 0."),
        ] + prometheusAccess)

    /// How a server lets its reader in; secrets stand elsewhere.
    package static let prometheusAccess = [
        Field("token_env", .word, "The environment variable that holds a bearer token.", example: "METRICS_TOKEN"),
        Field("token_file", .word, "The file that holds a bearer token.", example: "/run/secrets/token"),
        Field("user", .word, "Who reads, for basic auth.", example: "reader"),
        Field(
            "password_env", .word, "The environment variable that holds the user's password.",
            example: "METRICS_PASSWORD"),
        Field("password_file", .word, "The file that holds the user's password.", example: "/run/secrets/password"),
        Field("ca_file", .word, "A PEM file of the authorities that are trusted.", example: "/etc/ssl/ca.pem"),
    ]
}

/// What the numbers of an analysis may be.
enum AnalysisLimit {
    static let chance = 1e-6...0.5
    static let share = 1e-6...0.9
    static let factor = 1e-3...10.0
    static let any = -Double.greatestFiniteMagnitude...Double.greatestFiniteMagnitude
    /// The metrics that stand without limits of their own.
    static let words = ["errors", "latency", "disagreement"]
}
