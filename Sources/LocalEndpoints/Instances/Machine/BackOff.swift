internal import Rollouts

/// The exponential backoff before a server is restarted: it doubles with every crash, up to a limit.
struct BackOff: Hashable {
    /// The first delay.
    ///
    /// Kubernetes begins at 10 s and ends at 5 min. On one machine nothing is pulled or scheduled, and people wait.
    var first = Interval.milliseconds(500)
    var longest = Interval.seconds(60)
    /// How long a server must run without ending for the backoff to start over.
    var forgets = Interval.minutes(2)

    /// The delay after `count` consecutive ends, counted from 1.
    func pause(after count: Int) -> Interval {
        min(first * (1 << Int64(min(max(count - 1, 0), 20))), longest)
    }
}
