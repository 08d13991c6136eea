internal import RolloutEngine
package import Rollouts
internal import Synchronization

/// A clock that a test sets, also backwards; who waits on it goes on at once.
package final class ManualClock: RunClock, Sendable {
    private struct State {
        var now: Timestamp
        var sleeps: [Timestamp] = []
        var idles: [Timestamp] = []
    }

    private let state: Mutex<State>
    private let movesWhenIdle: Bool

    /// A clock at `now` that jumps to the deadline of who idles, unless `movesWhenIdle` is false.
    package init(_ now: Timestamp = .sample, movesWhenIdle: Bool = true) {
        state = Mutex(State(now: now))
        self.movesWhenIdle = movesWhenIdle
    }

    package var longestSlice: Interval { .distantFuture }

    package func now() -> Timestamp { state.withLock { $0.now } }

    package func set(_ time: Timestamp) { state.withLock { $0.now = time } }

    package func advance(by interval: Interval) { state.withLock { $0.now = $0.now + interval } }

    /// The deadlines that were slept until.
    package var sleeps: [Timestamp] { state.withLock { $0.sleeps } }

    /// The deadlines that were idled until.
    package var idles: [Timestamp] { state.withLock { $0.idles } }

    package func sleep(until deadline: Timestamp) async throws {
        try Task.checkCancellation()
        state.withLock {
            $0.sleeps.append(deadline)
            if deadline < .distantFuture { $0.now = max($0.now, deadline) }
        }
        // An actor that sleeps lets others in.
        await Task.yield()
    }

    package func idle(until deadline: Timestamp) async throws {
        try Task.checkCancellation()
        state.withLock {
            $0.idles.append(deadline)
            if movesWhenIdle, deadline < .distantFuture { $0.now = max($0.now, deadline) }
        }
        await Task.yield()
    }
}

extension Timestamp {
    /// 2026-11-22T10:00:00Z.
    package static let sample = Timestamp(milliseconds: 1_795_341_600_000)
}
