import RolloutEngine
import Rollouts
import Testing

@Suite("Reasons of waits")
struct WaitReasonTests {
    private func told(_ stand: Stand) -> [String] {
        stand.events.compactMap { event in
            guard case .waitExplained(let reason) = event else { return nil }
            return reason
        }
    }

    @Test("a wait of ten seconds is explained once, and again when its reason is another")
    func once() {
        var stand = Stand(.of([Stage(name: "scale", action: .scale("blue", instanceCount: 3))]), endpoint: .shop())
        let start = stand.now
        let words = { (now: Timestamp) in now - start < .seconds(60) ? "no server" : "no token" }
        var now = start
        stand.answer = { _ in BackendError(.unavailable, words(now)) }
        stand.begin()
        while stand.now - start < .seconds(9) {
            stand.step()
            now = stand.now
        }
        #expect(told(stand).isEmpty)
        while stand.now - start < .seconds(120) {
            stand.step()
            now = stand.now
        }
        #expect(told(stand) == ["no server", "no token"])
        #expect(stand.committed.record.waitReason == "no token")
        stand.answer = { _ in nil }
        stand.run()
        #expect(stand.record.status == .succeeded)
        #expect(stand.record.waitReason == nil)
    }
}
