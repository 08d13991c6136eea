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
    /// Up to when they are counted; nil before the first reading, and of runs of an earlier Turnout.
    package var countedTo: Timestamp?
    /// What the last reading could not be told, each in a sentence; nil before the first.
    package var troubles: [String]?
    package var gate: SequentialTest
    /// What was said last; nil before the first reading of the stage.
    package var verdict: Verdict?

    /// The analysis of a stage that begins.
    ///
    /// `alarmShares` are those of the whole plan, and `earlier` what an earlier stage knows of the same version.
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

    /// Takes one more reading.
    ///
    /// What was answered before the stage began tells only what the control does. Of a source that tells late, that may be
    /// more than the first reading: time goes on meanwhile.
    /// `outcomes` are those since ``cursor``, and `signals` what the specification's queries said, by the names of
    /// their metrics.
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

    /// Lets time go on where the backend tells nothing, because of `trouble`.
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
    /// Why values are missing, each in a sentence behind its metric's name.
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
    /// Into how many parts the chance of a false alarm is cut: one for every process of every stage (Analysis.md).
    var alarmShares: Int {
        stages.reduce(0) { $0 + ($1.skip == nil ? $1.analysis?.alarmShares ?? 0 : 0) }
    }
}
