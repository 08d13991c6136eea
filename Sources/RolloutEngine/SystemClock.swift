internal import FoundationEssentials
package import Rollouts

/// The machine's wall clock.
///
/// It sleeps in steps and checks the time after each, so that a wait ends correctly even if the clock is set forwards
/// or backwards.
package struct SystemClock: RunClock {
    /// The longest time until a clock that was set forwards is noticed.
    private static let step = Interval.seconds(5)

    package init() {}

    package var longestSlice: Interval { .milliseconds(500) }

    package func now() -> Timestamp { Timestamp(Date()) }

    package func sleep(until deadline: Timestamp) async throws {
        try Task.checkCancellation()
        while true {
            let rest = deadline - now()
            guard rest > .zero else { return }
            try await Task.sleep(for: min(rest, Self.step).duration)
        }
    }

    package func idle(until deadline: Timestamp) async throws { try await sleep(until: deadline) }
}
