package import Rollouts

/// The source of a run's time: the machine's clock or a simulation's.
package protocol RunClock: Sendable {
    func now() -> Timestamp

    /// The longest single ``sleep(until:)``, which bounds how late people's requests are noticed.
    ///
    /// A virtual clock, on which sleeps return instantly, needs no limit.
    var longestSlice: Interval { get }

    /// Returns at `deadline`, or earlier if cancelled; a virtual clock jumps to the deadline and returns instantly.
    func sleep(until deadline: Timestamp) async throws

    /// Waits for people in real time on every clock, at most until `deadline`.
    func idle(until deadline: Timestamp) async throws
}
