internal import RolloutEngine
internal import Rollouts
internal import Synchronization

/// How much real time a simulation is given, so that a person can watch it; none where nobody does.
struct Pace: Sendable {
    /// Real seconds for one virtual second.
    var factor: Double
    /// All of the real time that may be spent.
    var budget: Duration

    static let none = Pace(factor: 0, budget: .zero)

    /// Shows the whole of `plan` in about two seconds and a half.
    static func watching(_ plan: Plan) -> Pace {
        let expected = plan.stages.reduce(0.0) { $0 + ($1.skip == nil ? $1.expectedSeconds : 0) }
        return Pace(factor: 2.5 / max(expected, 1), budget: .seconds(3))
    }
}

/// A clock that takes a little real time for what passes at once on another.
final class PacedClock: RunClock, Sendable {
    private let base: any RunClock
    private let factor: Double
    private let rest: Mutex<Duration>

    init(base: any RunClock, pace: Pace) {
        self.base = base
        factor = pace.factor
        rest = Mutex(pace.budget)
    }

    var longestSlice: Interval { base.longestSlice }

    func now() -> Timestamp { base.now() }

    func sleep(until deadline: Timestamp) async throws {
        let length = (deadline - base.now()).seconds
        if factor > 0, length > 0, deadline < .distantFuture {
            let pause = rest.withLock { rest in
                let pause = min(rest, .milliseconds(Int64(min(length * factor, 1) * 1000)))
                rest -= pause
                return pause
            }
            try await Task.sleep(for: pause)
        }
        try await base.sleep(until: deadline)
    }

    func idle(until deadline: Timestamp) async throws { try await base.idle(until: deadline) }
}

extension Stage {
    /// About how long the stage takes on a simulated endpoint.
    fileprivate var expectedSeconds: Double {
        let effect: Double =
            switch action.kind {
            case .define: 720
            case .deploy: 600
            case .scale: 120
            case .traffic, .mirrorTraffic: 30
            case .delete: 60
            case .invoke, .run, .wait: 10
            }
        guard case .wait(let length) = action else { return effect + bake.seconds }
        return length.seconds + bake.seconds
    }
}
