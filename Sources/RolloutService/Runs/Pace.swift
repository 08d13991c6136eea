internal import RolloutEngine
internal import Rollouts
internal import Synchronization

/// How much real time a simulation takes so that a person can watch it.
struct Pace: Sendable {
    /// Real seconds per virtual second.
    var factor: Double
    /// The real time that may still be spent.
    var budget: Duration

    /// No real time, for a run that no person is watching.
    static let none = Pace(factor: 0, budget: .zero)

    /// Shows the whole of `plan` in about 2.5 s, if `durations` can predict how long its changes take.
    static func watching(_ plan: Plan, _ durations: (any ChangeDurations)?) -> Pace {
        let preview = PlanPreview(of: plan, on: nil, kind: .managed, durations: durations)
        let expected = preview.duration ?? .minutes(20)
        return Pace(factor: 2.5 / max(expected.seconds, 1), budget: .seconds(3))
    }
}

/// A clock that spends a little real time on waits that pass at once on its base clock.
final class PacedClock: RunClock, Sendable {
    private let base: any RunClock
    private let pace: Mutex<Pace>
    private let isRollingBack = Mutex(false)

    init(base: any RunClock, pace: Pace) {
        self.base = base
        self.pace = Mutex(pace)
    }

    /// Grants rolling back additional real time, because a person most wants to see it.
    func note(_ progress: Runner.Progress) {
        guard case .performing(_, let state) = progress, case .rollingBack = state.record.phase else { return }
        let isNews = isRollingBack.withLock { known in
            defer { known = true }
            return !known
        }
        guard isNews else { return }
        pace.withLock { $0 = $0.factor > 0 ? Pace(factor: 1.0 / 60, budget: .milliseconds(1500)) : $0 }
    }

    var longestSlice: Interval { base.longestSlice }

    func now() -> Timestamp { base.now() }

    func sleep(until deadline: Timestamp) async throws {
        let length = (deadline - base.now()).seconds
        if length > 0, deadline < .distantFuture {
            let pause = pace.withLock { pace in
                let pause = min(pace.budget, .milliseconds(Int64(min(length * pace.factor, 1) * 1000)))
                pace.budget -= pause
                return pause
            }
            if pause > .zero { try await Task.sleep(for: pause) }
        }
        try await base.sleep(until: deadline)
    }

    func idle(until deadline: Timestamp) async throws { try await base.idle(until: deadline) }
}
