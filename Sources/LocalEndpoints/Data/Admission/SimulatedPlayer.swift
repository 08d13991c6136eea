internal import Rollouts
internal import SimulatedEndpoints
internal import Synchronization

/// A profile by reference, so that a request does not copy it.
final class SimulatedPlayer: Sendable {
    private let server: SimulatedServer
    private let meter = Mutex(RateMeter())

    init(_ server: SimulatedServer) { self.server = server }

    /// Answers a request of a client whose deployment was drawn.
    func answerLive(_ load: LoadClock, using generator: inout SeededGenerator) -> SimulatedAnswer {
        let now = WallClock.now
        let rate = server.profile.overload == nil ? 0 : meter.withLock { $0.count(at: now) }
        let age = server.profile.incidents.isEmpty ? nil : load.age(at: now, begins: true)
        return server.answer(at: now, loadAge: age, liveRate: rate, using: &generator)
    }

    /// Answers a copy, or a request that names its deployment.
    func answerOther(_ load: LoadClock, using generator: inout SeededGenerator) -> SimulatedAnswer {
        let now = WallClock.now
        let age = server.profile.incidents.isEmpty ? nil : load.age(at: now, begins: false)
        return server.answer(at: now, loadAge: age, using: &generator)
    }
}

/// Requests in the last whole second.
struct RateMeter: Sendable {
    private var second: Int64 = 0
    private var count = 0
    private var last = 0

    /// Counts one at `time`, and returns how many there were in the second before.
    mutating func count(at time: Timestamp) -> Double {
        let now = time.milliseconds / 1000
        if now != second {
            last = now == second + 1 ? count : 0
            (second, count) = (now, 0)
        }
        count += 1
        return Double(last)
    }
}

/// Since when an endpoint has been getting live requests, as far as this process knows.
final class LoadClock: Sendable {
    /// Milliseconds since 1970; 0 where none has come.
    private let first = Atomic<Int64>(0)

    /// How long ago the first came, nil where none has; with `begins`, one comes now.
    func age(at time: Timestamp, begins: Bool) -> Interval? {
        var begin = first.load(ordering: .relaxed)
        if begin == 0, begins {
            let exchanged = first.compareExchange(expected: 0, desired: time.milliseconds, ordering: .relaxed)
            begin = exchanged.exchanged ? time.milliseconds : exchanged.original
        }
        return begin == 0 ? nil : time - Timestamp(milliseconds: begin)
    }
}
