package import Rollouts

/// Where a run's time comes from: the machine's clock, or a simulation's.
package protocol RunClock: Sendable {
    func now() -> Timestamp

    /// Returns at `deadline`, or earlier when cancelled. A virtual clock returns at once and has moved on.
    func sleep(until deadline: Timestamp) async throws

    /// Waits for people: real time on every clock, at most until `deadline`.
    func idle(until deadline: Timestamp) async throws
}
