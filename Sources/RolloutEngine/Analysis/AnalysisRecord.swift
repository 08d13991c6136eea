package import RolloutStatistics
package import Rollouts

/// What a run knows of its candidate: who is judged by whom, and the evidence so far.
///
/// It outlives its stage: the guard rails go on by it while people are asked, and the next stage adds to it.
package struct AnalysisRecord: Codable, Hashable, Sendable {
    package var arms: AnalysisArms
    /// Index of the stage whose gate it is.
    package var stage: Int
    /// When the stage's action was observed to be done.
    package var began: Timestamp
    /// When the backend's outcomes were last read; nil before.
    package var readAt: Timestamp?
    /// Up to where the backend's outcomes are counted; nil before the first reading.
    package var cursor: Int?
    package var gate: Gate
    /// What was said last; nil before the first reading of the stage.
    package var verdict: Verdict?

    /// The analysis of a stage that begins.
    ///
    /// `alarmShares` are those of the whole plan, and `earlier` what an earlier stage knows of the same version.
    init(
        of specification: GateSpecification, _ arms: AnalysisArms, stage: Int, alarmShares: Int,
        after earlier: AnalysisRecord?, at now: Timestamp
    ) {
        self.arms = arms
        self.stage = stage
        began = now
        readAt = earlier?.readAt
        cursor = earlier?.cursor
        let bounds = OutcomeReading.latencyBounds
        gate = Gate(
            specification, design: arms.isMirror ? .mirrored : .live(weight: arms.share), alarmShares: alarmShares,
            evidence: earlier?.gate.evidence ?? Evidence(latencyBounds: bounds))
    }

    /// Takes one more reading.
    ///
    /// The first one of a stage tells what was before it: of that, only what the control did counts.
    /// `outcomes` are those since ``cursor``, and `signals` what the specification's queries said, by the names of
    /// their metrics.
    package mutating func take(_ outcomes: OutcomeReading, signals: [String: Reading.Signal], at now: Timestamp) {
        let isFirst = readAt.map { $0 < began } ?? true
        defer {
            readAt = now
            cursor = outcomes.cursor
        }
        if isFirst {
            var evidence = gate.evidence
            evidence.observeControl(
                Reading.Counts(outcomes.counts(of: arms.control)),
                elapsed: readAt.map { max(now - $0, .zero).seconds } ?? 0)
            gate = Gate(
                gate.specification, design: gate.design, alarmShares: gate.alarmShares, evidence: evidence)
            return
        }
        let reading = Reading(
            control: Reading.Counts(outcomes.counts(of: arms.control)),
            candidate: arms.isMirror ? Reading.Counts() : Reading.Counts(outcomes.counts(of: arms.candidate)),
            pairs: arms.isMirror
                ? outcomes.mirrored[arms.candidate].map(Reading.PairCounts.init) ?? Reading.PairCounts()
                : Reading.PairCounts(),
            signals: signals)
        verdict = gate.read(reading, at: (now - began).seconds)
    }
}

extension OutcomeReading {
    fileprivate func counts(of deployment: Name?) -> Counts { deployment.flatMap { deployments[$0] } ?? Counts() }
}

extension Reading.Counts {
    fileprivate init(_ counts: OutcomeReading.Counts) {
        self.init(requests: counts.requests, errors: counts.errors, latencies: counts.latencies)
    }
}

extension Reading.PairCounts {
    fileprivate init(_ counts: OutcomeReading.PairCounts) {
        self.init(
            pairs: counts.pairs, bothFailed: counts.bothFailed, onlyLiveFailed: counts.onlyLiveFailed,
            onlyMirrorFailed: counts.onlyMirrorFailed, compared: counts.compared, disagreed: counts.disagreed,
            liveLatencies: counts.liveLatencies, mirrorLatencies: counts.mirrorLatencies)
    }
}

extension Plan {
    /// Into how many parts the chance of a false alarm is cut: one for every process of every stage (ANALYSIS.md).
    var alarmShares: Int {
        stages.reduce(0) { $0 + ($1.skip == nil ? $1.analysis?.alarmShares ?? 0 : 0) }
    }
}
