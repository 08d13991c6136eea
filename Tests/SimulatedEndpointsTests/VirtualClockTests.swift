import RolloutTesting
import Rollouts
import SimulatedEndpoints
import Testing

@Suite("Virtual clock")
struct VirtualClockTests {
    @Test("begins at the later of what was stored and the wall's time")
    func begin() {
        let later = Timestamp.sample + .hours(1)
        #expect(VirtualClock(stored: later, wall: .sample).now() == later)
        #expect(VirtualClock(stored: .sample, wall: later).now() == later)
        #expect(VirtualClock(wall: .sample).now() == .sample)
    }

    @Test("moves by sleeping only, at once, and never back")
    func sleep() async throws {
        let clock = VirtualClock(wall: .sample)
        try await clock.sleep(until: .sample + .hours(24 * 3650))
        #expect(clock.now() == .sample + .hours(24 * 3650))
        try await clock.sleep(until: .sample)
        #expect(clock.now() == .sample + .hours(24 * 3650))
    }

    @Test("idling takes real time, and ends at the deadline", .timeLimit(.minutes(1)))
    func idle() async throws {
        let clock = VirtualClock(wall: .sample, step: .milliseconds(5))
        let begin = ContinuousClock.now
        try await clock.idle(until: .sample + .milliseconds(20))
        #expect(clock.now() == .sample + .milliseconds(20))
        #expect(ContinuousClock.now - begin >= .milliseconds(20))
    }

    @Test("a cancelled wait ends, and has moved on by what really passed", .timeLimit(.minutes(1)))
    func cancel() async throws {
        let clock = VirtualClock(wall: .sample)
        for deadline in [Timestamp.sample + .hours(1), .distantFuture] {
            await withThrowingTaskGroup { group in
                group.addTask { try await clock.idle(until: deadline) }
                group.addTask { try await clock.sleep(until: .distantFuture) }
                group.cancelAll()
                while let result = await group.nextResult() {
                    #expect(throws: CancellationError.self) { try result.get() }
                }
            }
        }
        #expect(clock.now() < .sample + .minutes(1))
    }
}
