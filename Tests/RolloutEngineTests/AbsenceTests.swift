import RolloutEngine
import Rollouts
import Testing

@Suite("A backend that is away for a while")
struct AbsenceTests {
    private func atInvocation() -> Stand {
        var stand = Stand(.safeRollout)
        stand.begin()
        stand.run(approving: true) { if case .invoke = $0.effect { true } else { false } }
        return stand
    }

    @Test("test requests that reach nobody are sent again, and the attempt goes on")
    func invocation() throws {
        var stand = atInvocation()
        stand.give(.refused(BackendError(.unavailable, "nobody is there")))
        guard case .wait(_, .time("nobody is there")) = stand.effect else {
            Issue.record("it does not wait: \(stand.effect)")
            return
        }
        stand.step()
        guard case .invoke = stand.effect else {
            Issue.record("it does not ask again: \(stand.effect)")
            return
        }
        stand.run(approving: true)
        #expect(stand.record.status == .succeeded)
        #expect(stand.machine.stages.allSatisfy { $0.attempts <= 1 })
    }

    @Test("they fail when the attempt's time is out")
    func late() {
        var stand = atInvocation()
        stand.now = stand.now + .hours(24)
        stand.give(.refused(BackendError(.unavailable, "nobody is there")))
        if case .wait(_, .time) = stand.effect, case .acting = stand.record.phase {
            Issue.record("it still waits")
        }
    }

    @Test("an answer that refuses them fails the attempt at once")
    func refused() {
        var stand = atInvocation()
        stand.give(.refused(BackendError(.refused, "no such deployment")))
        if case .acting = stand.record.phase { Issue.record("it goes on as if nothing had happened") }
    }

    /// At the end of a stage's rest, or later, with nobody to be asked.
    private func unseen(after rest: Interval) -> Stand {
        var stand = Stand(.safeRollout)
        stand.begin()
        stand.run(approving: true) { if case .baking = $0.record.phase { true } else { false } }
        guard case .baking(let until) = stand.record.phase else {
            Issue.record("no stage rests")
            return stand
        }
        stand.now = until + rest
        stand.give(.refused(BackendError(.unavailable, "nobody is there")))
        return stand
    }

    @Test("a rest that is over while nobody can be asked is neither promoted nor rolled back")
    func resting() {
        var stand = unseen(after: .seconds(1))
        guard case .wait(_, .time) = stand.effect, case .baking = stand.record.phase else {
            Issue.record("it does not wait: \(stand.effect), \(stand.record.phase)")
            return
        }
        stand.run(approving: true)
        #expect(stand.record.status == .succeeded)
    }

    @Test("it fails when nobody is there for the stage's time-out")
    func restingForEver() {
        if case .baking = unseen(after: .hours(24)).record.phase { Issue.record("it still waits") }
    }

    @Test("a quick backend is looked at as often as it is told")
    func pollInterval() {
        for interval in [Interval.milliseconds(500), .seconds(5)] {
            var stand = Stand(.safeRollout)
            stand.machine.pollInterval = interval
            stand.begin()
            stand.give(.refused(BackendError(.unavailable, "nobody is there")))
            guard case .wait(let until, .time) = stand.effect else {
                Issue.record("it never waits")
                return
            }
            #expect(until == stand.now + interval)
        }
    }
}
