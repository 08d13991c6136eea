package import RolloutStatistics
package import Rollouts

/// The state of a run's analysis: the arms and the evidence so far.
///
/// It outlives its stage: guard rails use it while an approval is open, and the next stage adds to it.
package struct AnalysisRecord: Codable, Hashable, Sendable {
    package var arms: AnalysisArms
    /// The index of the stage that the gate belongs to.
    package var stage: Int
    /// When the stage's action was observed to be complete.
    package var began: Timestamp
    /// When the backend's outcomes were last read, or `nil` before the first reading.
    package var readAt: Timestamp?
    /// The cursor up to which the backend's outcomes are counted, or `nil` before the first reading.
    package var cursor: Int?
    /// The time up to which outcomes are counted; `nil` before the first reading and in runs of earlier versions.
    package var countedTo: Timestamp?
    /// What was missing from the last reading, one sentence each; `nil` before the first.
    package var troubles: [String]?
    package var gate: SequentialTest
    /// The latest verdict, or `nil` before the first reading of the stage.
    package var verdict: Verdict?

    /// Creates the analysis of a stage that begins.
    ///
    /// `alarmShares` counts those of the whole plan; `earlier` is an earlier stage's analysis of the same version.
    init(
        of specification: AnalysisSpecification, _ arms: AnalysisArms, stage: Int, alarmShares: Int,
        after earlier: AnalysisRecord?, at now: Timestamp
    ) {
        self.arms = arms
        self.stage = stage
        began = now
        readAt = earlier?.readAt
        cursor = earlier?.cursor
        countedTo = earlier?.countedTo
        let bounds = OutcomeReading.latencyBounds
        gate = SequentialTest(
            specification, design: arms.isMirror ? .mirrored : .live(weight: arms.share), alarmShares: alarmShares,
            evidence: earlier?.gate.evidence ?? Evidence(latencyBounds: bounds))
    }

    /// Adds one reading.
    ///
    /// Outcomes from before the stage began count only towards the control's behaviour. If a source reports late, this
    /// may cover more than the first reading; time passes meanwhile. `outcomes` are those since ``cursor``; `signals`
    /// are the results of the specification's queries by metric name.
    package mutating func take(_ outcomes: OutcomeReading, signals: [String: Reading.Signal], at now: Timestamp) {
        let begin = countedTo ?? readAt
        let previous = readAt
        readAt = now
        cursor = outcomes.cursor
        countedTo = outcomes.countedTo ?? now
        troubles = signals.troubles
        let control = Reading.Counts(outcomes.counts(of: arms.control))
        guard let begin, let previous, begin >= began else {
            let isFirst = previous.map { $0 < began } ?? true
            gate.observeControl(control, elapsed: isFirst ? previous.map { max(now - $0, .zero).seconds } ?? 0 : 0)
            if outcomes.countedTo != nil { read(Reading(signals: signals), at: now) }
            return
        }
        let reading = Reading(
            control: control,
            candidate: arms.isMirror ? Reading.Counts() : Reading.Counts(outcomes.counts(of: arms.candidate)),
            pairs: arms.isMirror
                ? outcomes.mirrored[arms.candidate].map(Reading.PairCounts.init) ?? Reading.PairCounts()
                : Reading.PairCounts(),
            signals: signals)
        read(reading, at: now, lag: (previous - begin).seconds)
    }

    /// Advances time although the backend reports nothing, because of `trouble`.
    package mutating func miss(_ trouble: String, signals: [String: Reading.Signal], at now: Timestamp) {
        troubles = [trouble] + signals.troubles
        read(Reading(signals: signals), at: now)
    }

    private mutating func read(_ reading: Reading, at now: Timestamp, lag: Double = 0) {
        let verdict = gate.read(reading, at: (now - began).seconds, lag: lag)
        if let trouble = verdict.controlTrouble, let control = arms.control {
            troubles = [trouble.words(for: control.text)] + (troubles ?? [])
        }
        self.verdict = verdict
    }
}

extension [String: Reading.Signal] {
    /// Why values are missing, each a sentence prefixed with the metric's name.
    fileprivate var troubles: [String] {
        sorted { $0.key < $1.key }.compactMap { name, signal in
            if case .missing(let reason) = signal { "\(name): \(reason)" } else { nil }
        }
    }
}

extension OutcomeReading {
    fileprivate func counts(of deployment: Name?) -> Counts { deployment.flatMap { deployments[$0] } ?? Counts() }
}

extension Reading.Counts {
    fileprivate init(_ counts: OutcomeReading.Counts) {
        self.init(
            requests: counts.requests, errors: counts.errors, refused: counts.refused, latencies: counts.latencies)
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
    /// The number of parts into which the false-alarm probability is split: one for each process of each stage
    /// (Analysis.md).
    var alarmShares: Int {
        stages.reduce(0) { $0 + ($1.skip == nil ? $1.analysis?.alarmShares ?? 0 : 0) }
    }
}
