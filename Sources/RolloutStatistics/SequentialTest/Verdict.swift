/// A gate's verdict after a reading, with everything that it is based on.
package struct Verdict: Hashable, Sendable, Codable {
    package enum Decision: String, Hashable, Sendable, Codable {
        case pass, fail, inconclusive
    }

    package var decision: Decision
    /// Whether the stage's time is over; an inconclusive verdict is then final, and the policy decides.
    package var isOver: Bool
    /// The seconds since the stage began.
    package var seconds: Double
    /// The metric that decided; `nil` without any data.
    ///
    /// For a fail, it is the metric with the most evidence beyond its threshold; for a pass, the one with the least
    /// evidence of safety; otherwise, the one that is nearest to a fail.
    package var metric: String?
    /// The decisive evidence of ``metric``: against the candidate or, for a pass, for its safety.
    package var log10E: Double
    /// One measurement for each process, in the order of the specification's metrics; a hard limit follows its metric.
    package var measurements: [Measurement]
    /// Live requests that the candidate answered in this stage; in a mirror stage, copies.
    package var candidate: Exposure
    package var control: Exposure
    /// Why the candidate is currently not compared with the control; `nil` while the control is healthy.
    package var controlTrouble: ControlTrouble?
    package var findings: [ReadingFinding]

    package init(
        decision: Decision, isOver: Bool, seconds: Double, metric: String?, log10E: Double,
        measurements: [Measurement], candidate: Exposure, control: Exposure, controlTrouble: ControlTrouble? = nil,
        findings: [ReadingFinding]
    ) {
        self.decision = decision
        self.isOver = isOver
        self.seconds = seconds
        self.metric = metric
        self.log10E = log10E
        self.measurements = measurements
        self.candidate = candidate
        self.control = control
        self.controlTrouble = controlTrouble
        self.findings = findings
    }

    /// The requests of a stage so far, and the failed ones among them.
    package struct Exposure: Hashable, Sendable, Codable {
        package var requests: Int
        package var errors: Int
        /// The number of ``errors`` that the platform refused; `nil` for 0.
        package var refused: Int?

        package init(requests: Int = 0, errors: Int = 0, refused: Int = 0) {
            self.requests = requests
            self.errors = errors
            self.refused = refused > 0 ? refused : nil
        }
    }
}

/// The measurement of one process, and its limit.
package struct Measurement: Hashable, Sendable, Codable {
    package enum Test: String, Hashable, Sendable, Codable {
        /// Errors of the candidate compared with the control's.
        case errors
        /// Failures of only one half of a mirrored pair.
        case pairedErrors = "paired_errors"
        /// Errors of the candidate alone.
        case hardLimit = "hard_limit"
        case latency, disagreement
        /// The value of a query compared with its limits.
        case signal
    }

    package var metric: String
    package var test: Test
    /// The evidence against the candidate and its threshold; `nil` for the value of a query, which is not evidence.
    package var harm: Level?
    /// Whether this measurement alone makes the verdict a fail.
    package var isHarmful: Bool
    /// The evidence that the candidate is within its margin and its threshold; `nil` if the test cannot show that.
    package var safety: Level?
    /// Whether ``safety`` has been reached in this stage; if it is `nil`, whether nothing is wrong.
    package var isSafe: Bool
    /// The candidate's value: an error rate, a fraction of pairs, or a latency in milliseconds; `nil` without data.
    package var candidate: Double?
    package var control: Double?
    /// For latencies, the quantile of ``candidate`` and ``control``; `nil` for p95.
    package var quantile: Double?
    /// The limit that ``candidate`` is compared with.
    ///
    /// For a fail, it is the value that would be no worse than the control; otherwise, the value at the margin. For
    /// other tests it is the hard limit, the maximum, or the query's limit.
    package var limit: Double?

    package init(
        metric: String, test: Test, harm: Level?, isHarmful: Bool, safety: Level?, isSafe: Bool, candidate: Double?,
        control: Double?, quantile: Double? = nil, limit: Double?
    ) {
        self.metric = metric
        self.test = test
        self.harm = harm
        self.isHarmful = isHarmful
        self.safety = safety
        self.isSafe = isSafe
        self.candidate = candidate
        self.control = control
        self.quantile = quantile
        self.limit = limit
    }

    /// An e-value and its threshold, both as decimal logarithms.
    package struct Level: Hashable, Sendable, Codable {
        package var log10E: Double
        package var threshold: Double

        package init(log10E: Double, threshold: Double) {
            self.log10E = log10E
            self.threshold = threshold
        }

        package var isReached: Bool { log10E >= threshold }
    }
}
