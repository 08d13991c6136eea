internal import Rollouts

/// When the next probe of a kind is due, and what its results so far come to (AzureCompatibility.md).
struct ProbeSchedule: Hashable {
    enum Verdict: Hashable {
        /// Not as many results in a row as the threshold wants.
        case undecided
        case well
        case ill
    }

    /// Until the first success a server is asked this often, and from its start on.
    ///
    /// Azure waits `initial_delay` first. That delay is for servers that are slow to begin, and one that answers after
    /// 300 ms should not be idle for ten seconds. A failure before the delay is over counts for nothing, as in Azure.
    static let eagerPeriod = Interval.milliseconds(100)

    let probe: Probe
    private let begin: Timestamp
    /// Asks from the beginning, and often, until the first success.
    private var isEager: Bool
    private var successes = 0
    private var failures = 0
    private var isUnderWay = false
    private var next: Timestamp

    init(_ probe: Probe, isEager: Bool, at time: Timestamp) {
        self.probe = probe
        self.isEager = isEager
        begin = time
        next = isEager ? time : time + probe.initialDelay
    }

    /// When the next probe is to begin; nil while one is under way.
    var due: Timestamp? { isUnderWay ? nil : next }

    /// True when a probe is to begin now.
    mutating func begins(at time: Timestamp) -> Bool {
        guard !isUnderWay, next <= time else { return false }
        isUnderWay = true
        let period = max(probe.period, .milliseconds(1))
        // Periods that were missed, while the machine slept, are not made up for.
        next = time + (isEager ? min(Self.eagerPeriod, period) : period)
        return true
    }

    mutating func ended(well isWell: Bool, at time: Timestamp) -> Verdict {
        isUnderWay = false
        if isWell {
            if isEager {
                isEager = false
                // The rest of the successes that are wanted come at the same eager pace.
                next = successes + 1 < probe.successThreshold ? next : time + probe.period
            }
            failures = 0
            successes = min(successes + 1, probe.successThreshold)
            return successes >= probe.successThreshold ? .well : .undecided
        }
        guard time - begin >= probe.initialDelay else { return .undecided }
        successes = 0
        failures = min(failures + 1, probe.failureThreshold)
        return failures >= probe.failureThreshold ? .ill : .undecided
    }
}

extension Probe {
    /// The time in which a server must have answered once, by the probe's own arithmetic.
    var longestStart: Interval { initialDelay + period * Int64(failureThreshold) + timeout }
}
