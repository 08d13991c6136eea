internal import FoundationEssentials
package import Rollouts

/// The machine's clock.
///
/// It sleeps in steps and looks again after each, so that a wall clock which is set forwards or backwards meanwhile
/// ends the wait when it shows the deadline.
package struct SystemClock: RunClock {
    /// The longest time until a wall clock that was set forwards is noticed.
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
