internal import RolloutStatistics

extension ObjectShape {
    /// The shape of a stage's `analysis`.
    static let analysis = ObjectShape(
        "analysis",
        [
            Field(
                "when", .condition,
                "Condition. If it is false, the stage bakes for its own `for` instead. Default: true.",
                example: "${{ backend.metrics }}"),
            Field(
                "for", .duration(positive: true), required: true,
                "Longest duration of the analysis; if it ends without a verdict, `on_inconclusive` applies.",
                example: "30m"),
            Field(
                "at_least", .duration(),
                "Minimum time before the analysis may pass; must be less than `for`. Default: 0s.",
                example: "1m"),
            Field(
                "warm_up", .duration(),
                "Time after the action during which requests do not count as evidence, less than `for`. Default: 0s.",
                example: "30s"),
            Field(
                "false_alarm", .fraction(AnalysisLimit.chance),
                "Probability that a good version is stopped, over the whole rollout; at most 50%. Default: 1%.",
                example: "1%"),
            Field(
                "wrong_pass", .fraction(AnalysisLimit.chance),
                "Probability that a version at its margin passes early; at most 50%. Default: 5%.", example: "5%"),
            Field(
                "control_limit", .fraction(AnalysisLimit.share),
                "Share of the control's requests that may fail, at most 90%. Above it, nothing is compared with the "
                    + "control and the verdict is inconclusive, unless `hard_limit` decides. Default: 10%.",
                example: "10%"),
            Field(
                "on_inconclusive", .choice(AnalysisSpecification.InconclusivePolicy.allCases.map(\.rawValue)),
                "What happens to the run without a verdict. Default: hold."),
            Field(
                "metrics", .list(.anyOf([.choice(AnalysisLimit.words), .object(.metric)]), atLeast: 1), required: true,
                "Metrics to analyze, each a name, or a name with its limits.", example: "[errors, latency]"),
        ])

    static let metric = ObjectShape(
        "a metric", oneOf: ["errors", "latency", "disagreement", "prometheus"],
        [
            Field("errors", .object(.errorMetric), "The candidate's error rate compared with the control's."),
            Field("latency", .object(.latencyMetric), "The candidate's latencies compared with the control's."),
            Field(
                "disagreement", .object(.disagreementMetric),
                "Share of mirrored requests to which the candidate and the control respond differently."),
            Field("prometheus", .object(.prometheusMetric), "The value of a Prometheus query."),
        ])

    static let errorMetric = ObjectShape(
        "errors",
        [
            Field(
                "margin", .fraction(AnalysisLimit.share),
                "How much higher the candidate's error rate may be for it to pass, at most 90pt. Default: 1pt.",
                example: "1pt"),
            Field(
                "hard_limit", .fraction(AnalysisLimit.share),
                "Error rate above which the candidate fails whatever the control's is, at most 90%. Default: none."),
        ])

    static let latencyMetric = ObjectShape(
        "latency",
        [
            Field(
                "tolerance", .fraction(0...10),
                "How much slower the candidate may be before it fails, at most 1000%. Default: 0%.", example: "5%"),
            Field("margin", .object(.latencyMargin), "How much slower the candidate may be and still pass."),
        ])

    static let latencyMargin = ObjectShape(
        "margin",
        [
            Field("p50", .fraction(AnalysisLimit.factor), "At the median, at most 1000%. Default: 25%."),
            Field("p95", .fraction(AnalysisLimit.factor), "At the 95th percentile, at most 1000%. Default: 25%."),
        ])

    static let disagreementMetric = ObjectShape(
        "disagreement",
        [
            Field(
                "max", .fraction(AnalysisLimit.share),
                "Share of mirrored requests that may disagree, at most 90%. Default: 2%."),
            Field(
                "numeric_tolerance", .number(0...1),
                "Difference up to which two numbers count as equal, relative to the larger one. Default: 1e-6."),
        ])

    static let prometheusMetric = ObjectShape(
        "prometheus",
        [
            Field("name", .text, "Name of the metric in verdicts. Default: prometheus."),
            Field("url", .text, required: true, "URL of the Prometheus server.", example: "http://127.0.0.1:9090"),
            Field("query", .text, required: true, "PromQL query with a single value as its result.", example: "up"),
            Field("max", .number(AnalysisLimit.any), "Largest acceptable value; `max` or `min` is required."),
            Field("min", .number(AnalysisLimit.any), "Smallest acceptable value; `max` or `min` is required."),
            Field(
                "failures_allowed", .integer(0...1000),
                "Consecutive readings that may be outside these limits, 0 to 1000. Default: 0."),
        ] + prometheusAccess)

    /// The keys for access to a Prometheus server; secrets themselves are in environment variables or files.
    package static let prometheusAccess = [
        Field("token_env", .word, "Name of the environment variable with a bearer token.", example: "METRICS_TOKEN"),
        Field("token_file", .word, "Path of the file with a bearer token.", example: "/run/secrets/token"),
        Field("user", .word, "User name for basic authentication.", example: "reader"),
        Field(
            "password_env", .word, "Name of the environment variable with the user's password.",
            example: "METRICS_PASSWORD"),
        Field(
            "password_file", .word, "Path of the file with the user's password.", example: "/run/secrets/password"),
        Field(
            "ca_file", .word, "Path of a PEM file with the certificate authorities to trust.",
            example: "/etc/ssl/ca.pem"),
    ]
}

/// The ranges of numbers in an analysis, as fractions of 1.
enum AnalysisLimit {
    static let chance = 1e-6...0.5
    static let share = 1e-6...0.9
    static let factor = 1e-3...10.0
    static let any = -Double.greatestFiniteMagnitude...Double.greatestFiniteMagnitude
    /// The metrics that may be named without limits.
    static let words = ["errors", "latency", "disagreement"]
}
