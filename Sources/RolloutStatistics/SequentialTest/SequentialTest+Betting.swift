/// The requests of both arms, live or as the halves of mirrored pairs.
struct ArmCounts {
    var candidate: Reading.Counts
    var control: Reading.Counts
    /// The candidate's share as known before the reading.
    var weight: Double
}

extension SequentialTest {
    func arms(of reading: Reading) -> ArmCounts {
        switch design {
        case .live: return ArmCounts(candidate: reading.candidate, control: reading.control, weight: share.value)
        case .mirrored:
            let pairs = reading.pairs
            return ArmCounts(
                candidate: Reading.Counts(
                    requests: pairs.pairs, errors: pairs.bothFailed + pairs.onlyMirrorFailed,
                    latencies: pairs.mirrorLatencies),
                control: Reading.Counts(
                    requests: pairs.pairs, errors: pairs.bothFailed + pairs.onlyLiveFailed,
                    latencies: pairs.liveLatencies),
                weight: 0.5)
        }
    }

    /// Lets every process bet on a reading, by what was known before it.
    ///
    /// If `comparing` is false, because the control is not healthy enough, only the processes that judge the candidate
    /// alone do.
    mutating func bet(_ arms: ArmCounts, _ pairs: Reading.PairCounts, comparing: Bool) {
        var comparison = design == .mirrored ? evidence.mirrored : evidence.live
        for metric in specification.metrics {
            switch metric {
            case .errors:
                evidence.hardLimit?.add(events: arms.candidate.errors, of: arms.candidate.requests)
                guard comparing else { continue }
                if design == .mirrored {
                    evidence.pairedFailures.add(onlyMirror: pairs.onlyMirrorFailed, onlyLive: pairs.onlyLiveFailed)
                }
                // Before the first requests of the control there is no basis for a bet; one based on the prior could
                // lose everything.
                guard evidence.controlRate.isKnown else { continue }
                let rate = evidence.controlRate.value
                if design != .mirrored { comparison.errors.add(arms.counts, rate: rate, weight: arms.weight) }
                comparison.errorSafety?.add(arms.counts, rate: rate, weight: arms.weight)
            case .latency:
                guard comparing, let scale = evidence.scale else { continue }
                comparison.latency.add(
                    candidate: scale.bins(of: arms.candidate.latencies, at: scale.candidateEdges),
                    control: scale.bins(of: arms.control.latencies, at: scale.controlEdges),
                    ratios: scale.ratios, weight: arms.weight)
                for (index, test) in scale.exceedances.enumerated() {
                    comparison.exceedances[index].add(
                        scale.exceeding(test, arms), test: test, weight: arms.weight)
                }
            case .disagreement:
                evidence.disagreement?.add(events: pairs.disagreed, of: pairs.compared)
                evidence.agreement?.add(events: pairs.disagreed, of: pairs.compared)
                disagreed.requests = disagreed.requests.addingClamped(pairs.compared)
                disagreed.errors = disagreed.errors.addingClamped(pairs.disagreed)
            case .prometheus: continue
            }
        }
        if design == .mirrored { evidence.mirrored = comparison } else { evidence.live = comparison }
    }
}

extension ArmCounts {
    var counts: Arms {
        Arms(
            candidateRequests: Double(candidate.requests), candidateErrors: Double(candidate.errors),
            controlRequests: Double(control.requests), controlErrors: Double(control.errors))
    }
}

extension LatencyScale {
    /// The numbers of requests between the edges; zeros without a histogram.
    func bins(of latencies: [Int], at edges: [Cut]) -> [Double] {
        guard !latencies.isEmpty else { return Array(repeating: 0, count: edges.count + 1) }
        var before = 0.0
        var bins: [Double] = []
        bins.reserveCapacity(edges.count + 1)
        for edge in edges {
            let below = edge.countBelow(in: latencies)
            bins.append(below - before)
            before = below
        }
        bins.append(latencies.reduce(0.0) { $0 + Double($1) } - before)
        return bins
    }

    /// The requests of both arms that have a latency, with those beyond the limit as errors.
    func exceeding(_ test: Exceedance, _ arms: ArmCounts) -> Arms {
        func counted(_ latencies: [Int], _ cut: Cut) -> (all: Double, beyond: Double) {
            guard !latencies.isEmpty else { return (0, 0) }
            let all = latencies.reduce(0.0) { $0 + Double($1) }
            return (all, all - cut.countBelow(in: latencies))
        }
        let candidate = counted(arms.candidate.latencies, test.candidateCut)
        let control = counted(arms.control.latencies, test.controlCut)
        return Arms(
            candidateRequests: candidate.all, candidateErrors: candidate.beyond, controlRequests: control.all,
            controlErrors: control.beyond)
    }
}

extension Evidence {
    /// Sets up the processes of a metric; one with a changed limit starts again.
    mutating func prepare(_ metric: Metric) {
        switch metric {
        case .errors(let limits):
            if live.errorSafety?.margin != limits.margin {
                live.errorSafety = ErrorNonInferiority(margin: limits.margin)
                mirrored.errorSafety = ErrorNonInferiority(margin: limits.margin)
            }
            if let limit = limits.hardLimit, hardLimit?.limit != limit { hardLimit = RateLimit(limit: limit) }
            if limits.hardLimit == nil { hardLimit = nil }
        case .disagreement(let limits):
            if disagreement?.limit != limits.maximum {
                disagreement = RateLimit(limit: limits.maximum)
                agreement = RateProof(limit: limits.maximum)
            }
        case .latency, .prometheus: break
        }
    }

    mutating func prepareExceedances(_ count: Int) {
        if live.exceedances.count != count {
            live.exceedances = Array(repeating: ExceedanceProof(), count: count)
        }
        if mirrored.exceedances.count != count {
            mirrored.exceedances = Array(repeating: ExceedanceProof(), count: count)
        }
    }
}
