internal import RolloutEngine
package import Rollouts
internal import Synchronization

/// A clock on which ten minutes pass instantly.
///
/// It moves only while a task waits on it: instantly in ``sleep(until:)``, and like the machine's clock in
/// ``idle(until:)``. It never goes backwards.
package final class VirtualClock: RunClock, Sendable {
    private let present: Mutex<Timestamp>
    private let step: Interval
    private let machine: any Clock<Duration>

    /// Creates a clock that shows the later of `stored`, where the simulation ended, and `wall`, the machine's time.
    ///
    /// Waits for people take real time, in steps of `step` on `machine`.
    package init(
        stored: Timestamp? = nil, wall: Timestamp = SystemClock().now(), step: Interval = .milliseconds(200),
        machine: any Clock<Duration> = ContinuousClock()
    ) {
        present = Mutex(max(stored ?? wall, wall))
        self.step = step
        self.machine = machine
    }

    package var longestSlice: Interval { .distantFuture }

    package func now() -> Timestamp { present.withLock { $0 } }

    /// Moves to `deadline` instantly.
    ///
    /// A deadline that is never reached is waited for in real time until the task is cancelled.
    package func sleep(until deadline: Timestamp) async throws {
        try Task.checkCancellation()
        guard deadline < .distantFuture else { return try await idle(until: deadline) }
        moveOn(to: deadline)
    }

    package func idle(until deadline: Timestamp) async throws {
        try Task.checkCancellation()
        while true {
            let rest = deadline - now()
            guard rest > .zero else { return }
            try await pass(min(rest, step), until: deadline)
        }
    }

    /// Waits for `interval` of the machine's time and advances by the time that actually passed, even when cancelled.
    private func pass(_ interval: Interval, until deadline: Timestamp) async throws {
        let begin = ContinuousClock.now
        defer {
            let passed = (ContinuousClock.now - begin).milliseconds
            moveOn(to: min(now() + Interval(milliseconds: passed), deadline))
        }
        try await machine.sleep(for: interval.duration)
    }

    private func moveOn(to time: Timestamp) {
        present.withLock { $0 = max($0, time) }
    }
}

extension Duration {
    /// The duration in whole milliseconds.
    fileprivate var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1000 + attoseconds / 1_000_000_000_000_000
    }
}
