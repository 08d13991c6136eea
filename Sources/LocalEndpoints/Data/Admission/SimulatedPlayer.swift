internal import Rollouts
internal import SimulatedEndpoints
internal import Synchronization

/// A simulated server held by reference, so that requests do not copy its profile.
final class SimulatedPlayer: Sendable {
    private let server: SimulatedServer
    private let meter = Mutex(RateMeter())

    init(_ server: SimulatedServer) { self.server = server }

    /// Answers a live request that was routed by weight.
    func answerLive(_ load: LoadClock, using generator: inout SeededGenerator) -> SimulatedAnswer {
        let now = WallClock.now
        let rate = server.profile.overload == nil ? 0 : meter.withLock { $0.count(at: now) }
        let age = server.profile.incidents.isEmpty ? nil : load.age(at: now, begins: true)
        return server.answer(at: now, loadAge: age, liveRate: rate, using: &generator)
    }

    /// Answers a mirrored copy, or a request that names its deployment.
    func answerOther(_ load: LoadClock, using generator: inout SeededGenerator) -> SimulatedAnswer {
        let now = WallClock.now
        let age = server.profile.incidents.isEmpty ? nil : load.age(at: now, begins: false)
        return server.answer(at: now, loadAge: age, using: &generator)
    }
}

/// Counts the requests of the last complete second.
struct RateMeter: Sendable {
    private var second: Int64 = 0
    private var count = 0
    private var last = 0

    /// Counts a request at `time` and returns the number of requests in the previous second.
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

/// The time since which this process has seen live requests to an endpoint.
final class LoadClock: Sendable {
    /// Milliseconds since 1970; 0 before the first request.
    private let first = Atomic<Int64>(0)

    /// The time since the first live request, `nil` if there was none; `begins` means that `time` is that of a live
    /// request.
    func age(at time: Timestamp, begins: Bool) -> Interval? {
        var begin = first.load(ordering: .relaxed)
        if begin == 0, begins {
            let exchanged = first.compareExchange(expected: 0, desired: time.milliseconds, ordering: .relaxed)
            begin = exchanged.exchanged ? time.milliseconds : exchanged.original
        }
        return begin == 0 ? nil : time - Timestamp(milliseconds: begin)
    }
}
