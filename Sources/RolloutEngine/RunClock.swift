package import Rollouts

/// Where a run's time comes from: the machine's clock, or a simulation's.
package protocol RunClock: Sendable {
    func now() -> Timestamp

    /// The longest that ``sleep(until:)`` is asked for at once, so that people's requests are noticed soon.
    ///
    /// A virtual clock, on which every sleep is over at once, has no need of slices.
    var longestSlice: Interval { get }

    /// Returns at `deadline`, or earlier when cancelled. A virtual clock returns at once and has moved on.
    func sleep(until deadline: Timestamp) async throws

    /// Waits for people: real time on every clock, at most until `deadline`.
    func idle(until deadline: Timestamp) async throws
}
