internal import RolloutEngine
internal import Rollouts

/// The clock for probes and restarts of instances; it is monotonic, even if the wall clock is set.
enum InstanceClock {
    private static let origin = (wall: SystemClock().now(), steady: ContinuousClock.now)

    static func now() -> Timestamp {
        let passed = ContinuousClock.now - origin.steady
        return origin.wall + Interval(milliseconds: Int64(passed / .milliseconds(1)))
    }

    static func sleep(until time: Timestamp) async throws {
        try await Task.sleep(until: origin.steady + (time - origin.wall).duration, clock: .continuous)
    }
}
