/// The gate of one stage: takes a reading after the other and says pass, fail or inconclusive.
///
/// ```swift
/// var evidence = Evidence(latencyBounds: bounds)             // of a rollout; a new one when green changes
/// evidence.observeControl(countsOfBlue)                      // what blue did before
/// var gate = SequentialTest(specification, design: .live(weight: 0.1), alarmShares: 5, evidence: evidence)
/// let verdict = gate.read(reading, at: secondsSinceTheStageBegan)    // every second
/// evidence = gate.evidence                                   // goes on to the next stage
/// ```
///
/// A gate that was encoded after a reading and decoded goes on as if nothing had been. A reading costs O(alternatives),
/// whatever the traffic; the state does not grow.
package struct SequentialTest: Hashable, Sendable, Codable {
    /// How a stage sends requests to green.
    package enum Design: Hashable, Sendable, Codable {
        /// Each live request goes to green with this probability.
        case live(weight: Double)
        /// Green gets copies.
        case mirrored
    }

    package let specification: AnalysisSpecification
    package let design: Design
    /// Into how many parts the specification's `false_alarm` is cut: those of all stages of the rollout together.
    package let alarmShares: Int
    /// As it is after the last reading.
    package internal(set) var evidence: Evidence

    // What is known of this stage alone.
    var seconds = 0.0
    var share: RunningShare
    /// What was known of live requests before those that ``share`` counts.
    var before: Evidence.Comparison?
    var shareIsTold = false
    var baselineIsTold = false
    var candidate = Reading.Counts()
    var control = Reading.Counts()
    /// Nil before the first requests of blue, and in what an earlier Turnout wrote.
    var controlHealth: ControlHealth?
    var disagreed = Verdict.Exposure()
    var errorsAreSafe = false
    var exceedancesAreSafe: [Bool] = []
    var agreementIsSafe = false
    var lastSignals: [String: Double] = [:]

    /// Longer than a reading may stand for without a finding, in seconds.
    package static let longestGap = 60.0

    /// - Parameters:
    ///   - specification: with one metric or more.
    ///   - design: of this stage.
    ///   - alarmShares: nil for a rollout of this stage alone.
    ///   - evidence: of the stages before.
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

    /// Takes what was answered since the reading before.
    ///
    /// - Parameters:
    ///   - reading: increments; what is wrong with them is told in the verdict's findings, and they count for nothing.
    ///   - time: seconds since the stage began. One that is not behind the last is a finding, and time stands still.
    ///   - lag: how long before the reading before, in seconds, the first of these requests may have been answered: of
    ///     a source that tells late.
    /// - Returns: what all readings so far say.
    package mutating func read(_ reading: Reading, at time: Double, lag: Double = 0) -> Verdict {
        var findings: [ReadingFinding] = []
        let elapsed = advance(to: time, &findings)
        let wrong = reading.findings(bins: evidence.controlLatencies.count)
        findings += wrong
        if wrong.isEmpty {
            let arms = arms(of: reading)
            expose(arms)
            // By what was known before this reading: a bet that looks at its own outcome first is not fair.
            let isYardstick = controlTrouble == nil
            if seconds - max(lag, 0) > specification.warmUp { bet(arms, reading.pairs, comparing: isYardstick) }
            learn(reading, arms, elapsed: elapsed, fromControl: isYardstick, &findings)
        }
        take(reading.signals)
        if !baselineIsTold, hasCandidate, evidence.scale == nil, specification.metrics.contains(where: \.isLatency) {
            baselineIsTold = true
            findings.append(.noLatencyBaseline)
        }
        return verdict(findings)
    }

    /// The time since the reading before.
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

    /// What this reading teaches for the next ones.
    private mutating func learn(
        _ reading: Reading, _ arms: ArmCounts, elapsed: Double, fromControl isYardstick: Bool,
        _ findings: inout [ReadingFinding]
    ) {
        let live = reading.control.requests > 0 ? reading.control : arms.control
        controlHealth = (controlHealth ?? ControlHealth()).adding(live, elapsed: elapsed)
        if isYardstick { evidence.controlRate.add(errors: live.errors, of: live.requests, elapsed: elapsed) }
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

    /// Begins anew by the share that is measured, and forgets what was paid by one that it is far from.
    ///
    /// A green that gets much less than it should looks bad before the running share has come to tell so: one that gets
    /// nothing, after some hundred requests of blue's.
    private mutating func takeBack() {
        share = RunningShare(weight: share.likely)
        evidence.live = before ?? Evidence.Comparison()
        evidence.prepareExceedances(evidence.scale?.exceedances.count ?? 0)
        errorsAreSafe = false
        exceedancesAreSafe = exceedancesAreSafe.map { _ in false }
    }

    /// Makes the scale of latencies as soon as enough is known of blue.
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

    /// A hard limit, or a query, may fail green though there is nothing to compare it with.
    private mutating func take(_ signals: [String: Reading.Signal]) {
        for case .prometheus(let limits) in specification.metrics {
            switch signals[limits.name] {
            case .value(let value) where !value.isNaN:
                // An infinity is outside its limit, and is kept as a number that JSON has.
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
    /// True for a value inside both limits.
    package func allow(_ value: Double) -> Bool { value <= maximum ?? .infinity && value >= minimum ?? -.infinity }
}

extension Reading.Counts {
    /// Adds the other counts; of histograms, those with the same bins.
    mutating func add(_ other: Reading.Counts) {
        requests = requests.addingClamped(other.requests)
        errors = errors.addingClamped(other.errors)
        refused = refused.addingClamped(other.refused)
        if latencies.isEmpty { latencies = other.latencies } else { latencies.add(other.latencies) }
    }
}

extension SequentialTest {
    /// Takes what blue did before the stage, told after it began; see ``Evidence/observeControl(_:elapsed:)``.
    package mutating func observeControl(_ counts: Reading.Counts, elapsed: Double = 0) {
        let findings = evidence.observeControl(counts, elapsed: elapsed)
        if findings.isEmpty { controlHealth = (controlHealth ?? ControlHealth()).adding(counts, elapsed: elapsed) }
        prepareLatencies()
    }

    /// True once green has answered in this stage.
    package var hasCandidate: Bool { candidate.requests > 0 }
}
