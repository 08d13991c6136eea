internal import Rollouts

/// How long a server that ended waits before it is started again: twice as long after every further end, up to a limit.
struct BackOff: Hashable {
    /// Kubernetes begins at 10 s and ends at 5 min; on one machine nothing is pulled or scheduled, and people wait.
    var first = Interval.milliseconds(500)
    var longest = Interval.seconds(60)
    /// After so long without an end it begins anew.
    var forgets = Interval.minutes(2)

    /// After the `count`-th end in a row, from 1 on.
    func pause(after count: Int) -> Interval {
        min(first * (1 << Int64(min(max(count - 1, 0), 20))), longest)
    }
}
