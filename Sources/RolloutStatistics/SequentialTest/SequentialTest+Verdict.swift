extension SequentialTest {
    /// The verdict of all processes now.
    mutating func verdict(_ findings: [ReadingFinding]) -> Verdict {
        var measurements: [Measurement] = []
        for metric in specification.metrics { measurements += measure(metric) }
        let trouble = controlTrouble
        let isFail = measurements.contains { $0.isHarmful && (trouble == nil || $0.judgesCandidateAlone) }
        // Without a request to the candidate there is no evidence in this stage, whatever an earlier stage has shown.
        // Values of queries prove nothing: without other metrics, they must stay within their limits to the end.
        let earliest =
            measurements.contains { $0.safety != nil } ? specification.shortest : specification.longest
        let isPass =
            !isFail && trouble == nil && seconds >= earliest && candidate.requests > 0 && !measurements.isEmpty
            && measurements.allSatisfy(\.isSafe)
        let decision: Verdict.Decision = isFail ? .fail : isPass ? .pass : .inconclusive
        let decider = measurements.decider(of: decision)
        return Verdict(
            decision: decision, isOver: seconds >= specification.longest, seconds: seconds,
            metric: candidate.requests > 0 || isFail ? decider?.metric : nil,
            log10E: (isPass ? decider?.safety : decider?.harm)?.log10E ?? 0, measurements: measurements,
            candidate: Verdict.Exposure(candidate), control: Verdict.Exposure(control), controlTrouble: trouble,
            findings: findings)
    }

    private mutating func measure(_ metric: Metric) -> [Measurement] {
        switch metric {
        case .errors(let limits): errorMeasurements(limits)
        case .latency(let limits): [latencyMeasurement(limits)]
        case .disagreement(let limits): [disagreementMeasurement(limits)]
        case .prometheus(let limits): [signalMeasurement(limits)]
        }
    }

    private mutating func errorMeasurements(_ limits: ErrorLimits) -> [Measurement] {
        let comparison = design == .mirrored ? evidence.mirrored : evidence.live
        let harm = harm(design == .mirrored ? evidence.pairedFailures.logE : comparison.errors.logE)
        let safety = safety(comparison.errorSafety?.logE ?? 0)
        if safety.isReached { errorsAreSafe = true }
        let rate = rate(candidate.errors, of: candidate.requests)
        let controlRate = self.rate(control.errors, of: control.requests)
        // A fail means more errors than the control; a pass means fewer than the control's plus the margin.
        let margin = isHarmful(harm) ? 0 : limits.margin
        var measurements = [
            Measurement(
                metric: "errors", test: design == .mirrored ? .pairedErrors : .errors, harm: harm,
                isHarmful: isHarmful(harm), safety: safety, isSafe: errorsAreSafe, candidate: rate,
                control: controlRate, limit: controlRate.map { $0 + margin * (1 - $0) })
        ]
        if let limit = evidence.hardLimit {
            let harm = self.harm(limit.logE)
            measurements.append(
                Measurement(
                    metric: "errors", test: .hardLimit, harm: harm, isHarmful: harm.isReached, safety: nil,
                    isSafe: !harm.isReached, candidate: rate, control: controlRate, limit: limit.limit))
        }
        return measurements
    }

    private mutating func latencyMeasurement(_ limits: LatencyLimits) -> Measurement {
        let comparison = design == .mirrored ? evidence.mirrored : evidence.live
        let harm = harm(comparison.latency.logE)
        var safety = safety(comparison.exceedances.map(\.logE).min() ?? 0)
        for (index, proof) in comparison.exceedances.enumerated() where self.safety(proof.logE).isReached {
            exceedancesAreSafe[index] = true
        }
        let isSafe = exceedancesAreSafe.count == 2 && exceedancesAreSafe.allSatisfy(\.self)
        if exceedancesAreSafe.isEmpty { safety.log10E = 0 }
        // A fail means a distribution shifted by more than the tolerance at any quantile; a pass means a p95 within the
        // margin.
        let isHarmful = isHarmful(harm)
        let shown = isHarmful ? mostShiftedQuantile : Self.shownQuantile
        let controlValue = control.latencies.quantile(shown, bounds: evidence.latencyBounds)
        return Measurement(
            metric: "latency", test: .latency, harm: harm, isHarmful: isHarmful, safety: safety, isSafe: isSafe,
            candidate: candidate.latencies.quantile(shown, bounds: evidence.latencyBounds), control: controlValue,
            quantile: shown, limit: controlValue.map { $0 * (1 + (isHarmful ? limits.tolerance : limits.p95Margin)) })
    }

    private static let shownQuantile = 0.95

    /// The quantile at which the candidate's latencies exceed the control's by the largest factor.
    private var mostShiftedQuantile: Double {
        let factors = [0.95, 0.5, 0.75, 0.9, 0.25, 0.99].map { quantile in
            let (green, blue) = (
                candidate.latencies.quantile(quantile, bounds: evidence.latencyBounds),
                control.latencies.quantile(quantile, bounds: evidence.latencyBounds)
            )
            guard let green, let blue, blue > 0 else { return (quantile, 0.0) }
            return (quantile, green / blue)
        }
        return factors.max { $0.1 < $1.1 }?.0 ?? Self.shownQuantile
    }

    private mutating func disagreementMeasurement(_ limits: DisagreementLimits) -> Measurement {
        let harm = harm(evidence.disagreement?.logE ?? 0)
        let safety = safety(evidence.agreement?.logE ?? 0)
        if safety.isReached { agreementIsSafe = true }
        return Measurement(
            metric: "disagreement", test: .disagreement, harm: harm, isHarmful: harm.isReached, safety: safety,
            isSafe: agreementIsSafe, candidate: rate(disagreed.errors, of: disagreed.requests), control: nil,
            limit: limits.maximum)
    }

    private func signalMeasurement(_ limits: PrometheusLimits) -> Measurement {
        let value = lastSignals[limits.name]
        let failures = evidence.failuresInARow[limits.name] ?? 0
        return Measurement(
            metric: limits.name, test: .signal, harm: nil, isHarmful: failures > limits.failuresAllowed, safety: nil,
            isSafe: value.map(limits.allow) ?? false, candidate: value, control: nil,
            limit: value.map { $0 < limits.minimum ?? -.infinity } == true
                ? limits.minimum : limits.maximum ?? limits.minimum)
    }

    /// The control's requests alone are not evidence against the candidate: no data is inconclusive.
    private func isHarmful(_ level: Measurement.Level) -> Bool { level.isReached && candidate.requests > 0 }

    private func rate(_ events: Int, of trials: Int) -> Double? {
        trials > 0 ? Double(events) / Double(trials) : nil
    }

    private func harm(_ logE: Double) -> Measurement.Level {
        Measurement.Level(logE: logE, needed: Mathematics.log(Double(alarmShares) / specification.falseAlarm))
    }

    private func safety(_ logE: Double) -> Measurement.Level {
        Measurement.Level(logE: logE, needed: Mathematics.log(1 / specification.wrongPass))
    }
}

extension Measurement {
    /// Whether the measurement is valid regardless of the control.
    fileprivate var judgesCandidateAlone: Bool {
        switch test {
        case .hardLimit, .signal: true
        case .errors, .pairedErrors, .latency, .disagreement: false
        }
    }
}

extension Verdict.Exposure {
    fileprivate init(_ counts: Reading.Counts) {
        self.init(requests: counts.requests, errors: counts.errors, refused: counts.refused)
    }
}

extension Measurement.Level {
    fileprivate init(logE: Double, needed: Double) {
        let ln10 = Mathematics.log(10)
        self.init(log10E: logE / ln10, threshold: needed / ln10)
    }
}

extension [Measurement] {
    /// See ``Verdict/metric``.
    fileprivate func decider(of decision: Verdict.Decision) -> Measurement? {
        func beyond(_ measurement: Measurement) -> Double {
            measurement.harm.map { $0.log10E - $0.threshold } ?? (measurement.isHarmful ? 0 : -.infinity)
        }
        switch decision {
        case .fail: return filter(\.isHarmful).max { beyond($0) < beyond($1) }
        case .pass:
            return filter { $0.safety != nil }.min { ($0.safety?.log10E ?? 0) < ($1.safety?.log10E ?? 0) } ?? first
        case .inconclusive: return self.max { beyond($0) < beyond($1) }
        }
    }
}
