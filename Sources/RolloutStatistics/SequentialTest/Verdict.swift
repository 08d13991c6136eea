/// What a gate says after a reading, with everything that it says it by.
package struct Verdict: Hashable, Sendable, Codable {
    package enum Decision: String, Hashable, Sendable, Codable {
        case pass, fail, inconclusive
    }

    package var decision: Decision
    /// True once the stage's time is over: an inconclusive verdict is then the last one, and the policy decides.
    package var isOver: Bool
    /// Since the stage began.
    package var seconds: Double
    /// The metric that decided; nil without any data.
    ///
    /// Of a fail, the one with most evidence beyond its threshold; of a pass, the one with least evidence of safety; of
    /// neither, the one that is nearest to a fail.
    package var metric: String?
    /// The evidence of ``metric`` that decided: against green, or of a pass, for its safety.
    package var log10E: Double
    /// One a process, in the order of the specification's metrics; a hard limit follows its metric.
    package var measurements: [Measurement]
    /// Live requests that green answered in this stage; in a mirror stage, copies.
    package var candidate: Exposure
    package var control: Exposure
    /// Why nothing is compared with the control now; nil while it is healthy.
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

    /// Requests of a stage so far, and those of them that failed.
    package struct Exposure: Hashable, Sendable, Codable {
        package var requests: Int
        package var errors: Int
        /// Those of ``errors`` that the platform refused; nil where none was.
        package var refused: Int?

        package init(requests: Int = 0, errors: Int = 0, refused: Int = 0) {
            self.requests = requests
            self.errors = errors
            self.refused = refused > 0 ? refused : nil
        }
    }
}

/// What one process measured, against what.
package struct Measurement: Hashable, Sendable, Codable {
    package enum Test: String, Hashable, Sendable, Codable {
        /// Errors of green beside blue's.
        case errors
        /// Failures of one half of a mirrored pair only.
        case pairedErrors = "paired_errors"
        /// Errors of green alone.
        case hardLimit = "hard_limit"
        case latency, disagreement
        /// A value of a query, against its limits.
        case signal
    }

    package var metric: String
    package var test: Test
    /// Evidence against green, and how much of it is a fail; nil of a query's value, which is no evidence.
    package var harm: Level?
    /// True when this alone makes the verdict a fail.
    package var isHarmful: Bool
    /// Evidence that green is inside its margin, and how much of it is a pass; nil where nothing of the kind is shown.
    package var safety: Level?
    /// True once ``safety`` has been reached in this stage; where there is none, true while nothing is wrong.
    package var isSafe: Bool
    /// An error rate or a part of pairs; of latencies, the p95 in milliseconds; nil as long as there is no data.
    package var candidate: Double?
    package var control: Double?
    /// Of latencies, which quantile ``candidate`` and ``control`` are; nil: the p95.
    package var quantile: Double?
    /// The limit of the test that decided, or of the nearest: of a fail what is no worse than blue, of a pass what is
    /// inside the margin; the hard limit; the maximum.
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

    /// An e-value and its threshold, both as log10.
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
