/// The analysis gate of one stage: processes readings and returns a verdict of pass, fail or inconclusive.
///
/// ```swift
/// var evidence = Evidence(latencyBounds: bounds)    // for one rollout; a new one when the candidate changes
/// evidence.observeControl(countsOfControl)          // the control's requests before the stage
/// var gate = SequentialTest(specification, design: .live(weight: 0.1), alarmShares: 5, evidence: evidence)
/// let verdict = gate.read(reading, at: secondsSinceTheStageBegan)    // every second
/// evidence = gate.evidence                          // for the next stage
/// ```
///
/// A gate can be encoded after a reading, and continues unchanged once it is decoded. A reading costs O(alternatives),
/// regardless of traffic, and the state has constant size.
package struct SequentialTest: Hashable, Sendable, Codable {
    /// How a stage sends requests to the candidate.
    package enum Design: Hashable, Sendable, Codable {
        /// Each live request goes to the candidate with this probability.
        case live(weight: Double)
        /// The candidate gets copies of live requests.
        case mirrored
    }

    package let specification: AnalysisSpecification
    package let design: Design
    /// The number of parts into which the specification's `false_alarm` is divided, over all stages of the rollout.
    package let alarmShares: Int
    /// The evidence after the last reading.
    package internal(set) var evidence: Evidence

    // State of this stage alone.
    var seconds = 0.0
    var share: RunningShare
    /// The evidence from live requests before those that ``share`` counts.
    var before: Evidence.Comparison?
    var shareIsTold = false
    var baselineIsTold = false
    var candidate = Reading.Counts()
    var control = Reading.Counts()
    /// The control's health; `nil` before its first requests, and in data written by earlier versions.
    var controlHealth: ControlHealth?
    var disagreed = Verdict.Exposure()
    var errorsAreSafe = false
    var exceedancesAreSafe: [Bool] = []
    var agreementIsSafe = false
    var lastSignals: [String: Double] = [:]

    /// The longest time between readings without a finding, in seconds.
    package static let longestGap = 60.0

    /// Creates the gate of a stage.
    ///
    /// - Parameters:
    ///   - specification: What to analyze; it must have at least one metric.
    ///   - design: How the stage sends requests to the candidate.
    ///   - alarmShares: The number of shares of the false alarm rate; `nil` for a rollout of this stage alone.
    ///   - evidence: The evidence from earlier stages.
    package init(
        _ specification: AnalysisSpecification, design: Design, alarmShares: Int? = nil, evidence: Evidence
    ) {
        self.specification = specification
        self.design = design
        self.alarmShares = max(alarmShares ?? specification.alarmShares, 1)
        self.evidence = evidence
        share =
            switch design {
            case .live(let weight): RunningShare(weight: weight)
            case .mirrored: RunningShare(weight: 0.5)
            }
        for metric in specification.metrics { self.evidence.prepare(metric) }
        prepareLatencies()
        if design != .mirrored { before = self.evidence.live }
    }

    /// Processes the requests answered since the previous reading.
    ///
    /// - Parameters:
    ///   - reading: The increments since the previous reading. Invalid increments are reported as findings and not
    ///     counted.
    ///   - time: The seconds since the stage began. A time before the previous one is a finding, and counts as no time
    ///     passing.
    ///   - lag: How many seconds before the previous reading the first of these requests may have been answered, for a
    ///     source that reports with a delay. Default: 0.
    /// - Returns: The verdict on all readings so far.
    package mutating func read(_ reading: Reading, at time: Double, lag: Double = 0) -> Verdict {
        var findings: [ReadingFinding] = []
        let elapsed = advance(to: time, &findings)
        let wrong = reading.findings(bins: evidence.controlLatencies.count)
        findings += wrong
        if wrong.isEmpty {
            let arms = arms(of: reading)
            expose(arms)
            // Bet by what was known before this reading: a bet placed after seeing its outcome is not fair.
            let controlIsHealthy = controlTrouble == nil
            if seconds - max(lag, 0) > specification.warmUp { bet(arms, reading.pairs, comparing: controlIsHealthy) }
            learn(reading, arms, elapsed: elapsed, fromControl: controlIsHealthy, &findings)
        }
        take(reading.signals)
        if !baselineIsTold, hasCandidate, evidence.scale == nil, specification.metrics.contains(where: \.isLatency) {
            baselineIsTold = true
            findings.append(.noLatencyBaseline)
        }
        return verdict(findings)
    }

    /// Advances to `time` and returns the seconds since the previous reading.
    private mutating func advance(to time: Double, _ findings: inout [ReadingFinding]) -> Double {
        guard time.isFinite, time >= seconds else {
            findings.append(.clockWentBack(from: seconds, to: time))
            return 0
        }
        let elapsed = time - seconds
        if elapsed > Self.longestGap { findings.append(.clockJumped(from: seconds, to: time)) }
        seconds = time
        return elapsed
    }

    private mutating func expose(_ arms: ArmCounts) {
        candidate.add(arms.candidate)
        control.add(arms.control)
    }

    /// Updates the estimates that bets on later readings are based on.
    private mutating func learn(
        _ reading: Reading, _ arms: ArmCounts, elapsed: Double, fromControl controlIsHealthy: Bool,
        _ findings: inout [ReadingFinding]
    ) {
        let live = reading.control.requests > 0 ? reading.control : arms.control
        controlHealth = (controlHealth ?? ControlHealth()).adding(live, elapsed: elapsed)
        if controlIsHealthy { evidence.controlRate.add(errors: live.errors, of: live.requests, elapsed: elapsed) }
        if evidence.scale == nil {
            evidence.controlLatencies.add(live.latencies)
            prepareLatencies()
        }
        guard case .live = design else { return }
        share.add(candidate: reading.candidate.requests, control: reading.control.requests)
        guard !shareIsTold || share.isFarOff, share.logE >= Mathematics.log(1 / specification.falseAlarm) else {
            return
        }
        if !shareIsTold {
            shareIsTold = true
            findings.append(.shareDiffers(measured: share.measured, configured: share.weight))
        }
        if share.isFarOff { takeBack() }
    }

    /// Restarts the comparison with the measured share, and discards the bets placed with a share that was far off.
    ///
    /// A candidate that gets much less than its share would look bad before the running share has adapted; one that
    /// gets no requests would do so after some hundred requests of the control.
    private mutating func takeBack() {
        share = RunningShare(weight: share.likely)
        evidence.live = before ?? Evidence.Comparison()
        evidence.prepareExceedances(evidence.scale?.exceedances.count ?? 0)
        errorsAreSafe = false
        exceedancesAreSafe = exceedancesAreSafe.map { _ in false }
    }

    /// Creates the latency scale as soon as enough of the control's latencies are known.
    mutating func prepareLatencies() {
        for case .latency(let limits) in specification.metrics {
            if evidence.scale == nil {
                evidence.scale = LatencyScale(
                    bounds: evidence.latencyBounds, counts: evidence.controlLatencies, limits: limits)
            }
            guard let scale = evidence.scale else { return }
            exceedancesAreSafe = scale.exceedances.map { _ in false }
            evidence.prepareExceedances(scale.exceedances.count)
        }
    }

    /// Records the values of the queries, which can fail the candidate even without anything to compare it with.
    private mutating func take(_ signals: [String: Reading.Signal]) {
        for case .prometheus(let limits) in specification.metrics {
            switch signals[limits.name] {
            case .value(let value) where !value.isNaN:
                // An infinite value is outside the limits, and is stored as a finite number because JSON has no
                // infinity.
                let most = Double.greatestFiniteMagnitude
                lastSignals[limits.name] = min(max(value, -most), most)
                let count = evidence.failuresInARow[limits.name] ?? 0
                evidence.failuresInARow[limits.name] = limits.allow(value) ? 0 : count.addingClamped(1)
            case .value, .missing: lastSignals[limits.name] = nil
            case nil: break
            }
        }
    }
}

extension PrometheusLimits {
    /// Whether the value is within both limits, inclusive.
    package func allow(_ value: Double) -> Bool { value <= maximum ?? .infinity && value >= minimum ?? -.infinity }
}

extension Reading.Counts {
    /// Adds the other counts; latencies are added bin by bin.
    mutating func add(_ other: Reading.Counts) {
        requests = requests.addingClamped(other.requests)
        errors = errors.addingClamped(other.errors)
        refused = refused.addingClamped(other.refused)
        if latencies.isEmpty { latencies = other.latencies } else { latencies.add(other.latencies) }
    }
}

extension SequentialTest {
    /// Records what the control did before the stage, if that becomes known after the stage began.
    ///
    /// See ``Evidence/observeControl(_:elapsed:)``.
    package mutating func observeControl(_ counts: Reading.Counts, elapsed: Double = 0) {
        let findings = evidence.observeControl(counts, elapsed: elapsed)
        if findings.isEmpty { controlHealth = (controlHealth ?? ControlHealth()).adding(counts, elapsed: elapsed) }
        prepareLatencies()
    }

    /// Whether the candidate has answered a request in this stage.
    package var hasCandidate: Bool { candidate.requests > 0 }
}
