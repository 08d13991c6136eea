internal import Rollouts

/// Schedules the probes of one kind and evaluates their results (AzureCompatibility.md).
struct ProbeSchedule: Hashable {
    enum Verdict: Hashable {
        /// There are fewer consecutive results than the threshold requires.
        case undecided
        case well
        case ill
    }

    /// The period of probes from a server's start to its first success.
    ///
    /// Azure waits `initial_delay` first. That delay is for servers that start slowly; a server that answers after
    /// 300 ms should not be idle for ten seconds. As in Azure, failures before the delay has passed are ignored.
    static let eagerPeriod = Interval.milliseconds(100)

    let probe: Probe
    private let begin: Timestamp
    /// Whether probes start at once and use ``eagerPeriod`` until the first success.
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

    /// When the next probe is due; nil while one is running.
    var due: Timestamp? { isUnderWay ? nil : next }

    /// Returns true if a probe must start now, and marks it as running.
    mutating func begins(at time: Timestamp) -> Bool {
        guard !isUnderWay, next <= time else { return false }
        isUnderWay = true
        let period = max(probe.period, .milliseconds(1))
        // Periods that were missed, for example while the machine slept, are not made up for.
        next = time + (isEager ? min(Self.eagerPeriod, period) : period)
        return true
    }

    mutating func ended(well isHealthy: Bool, at time: Timestamp) -> Verdict {
        isUnderWay = false
        if isHealthy {
            if isEager {
                isEager = false
                // The remaining successes up to the threshold are also probed at the eager pace.
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
    /// The time within which a server must have answered once, according to the probe's settings.
    var startupTimeout: Interval { initialDelay + period * Int64(failureThreshold) + timeout }
}
