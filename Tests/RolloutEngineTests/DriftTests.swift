import RolloutEngine
import Rollouts
import Testing

@Suite("Drift")
struct DriftTests {
    private func drifted() -> Stand {
        var stand = Stand(.safeRollout, endpoint: .shop())
        stand.begin()
        stand.run { $0.stage("isolated-test")?.status == .succeeded }
        stand.model.endpoint?.deployments[0].instances = .init(wanted: 5, ready: 5)
        stand.run()
        return stand
    }

    @Test("P19 drift holds the run before a stage acts, and shows the difference")
    func holds() {
        let stand = drifted()
        #expect(stand.record.status == .held)
        #expect(stand.record.reason?.contains("deployment blue: instances: expected 2, observed 5") == true)
        #expect(!stand.sent.contains { if case .setMirrorTraffic = $0.change { true } else { false } })
    }

    @Test("P19 a person restores what the run left")
    func restores() {
        var stand = drifted()
        expectUsed(stand.offer(.restore))
        stand.run { $0.stage("mirror")?.status == .succeeded }
        #expect(stand.model.endpoint?.deployments[0].instances.wanted == 2)
        #expect(stand.stage("mirror")?.status == .succeeded)
    }

    @Test("P19 adopting takes what is there, changes nothing, and asks what becomes of the stage")
    func adopts() throws {
        var stand = drifted()
        let sent = stand.sent.count
        expectUsed(stand.offer(.adopt))
        guard case .held(let hold) = stand.record.phase, case .adopted = hold.cause else {
            Issue.record("\(stand.record.phase)")
            return
        }
        #expect(stand.sent.count == sent)
        expectUsed(stand.offer(.retry))
        #expect(stand.stage("mirror")?.reason == nil)
        stand.run { $0.stage("mirror")?.status == .succeeded }
        #expect(stand.model.endpoint?.deployments[0].instances.wanted == 5)
        #expect(stand.stage("mirror")?.status == .succeeded)
    }

    @Test("P19 traffic that an operator has set by hand stays when it is adopted and the stage is counted as done")
    func keepsTraffic() {
        var stand = Stand(.safeRollout, endpoint: .shop())
        stand.begin()
        stand.run { if case .baking = $0.record.phase { $0.stage("canary")?.status == .running } else { false } }
        stand.model.endpoint?.traffic = DesiredAndActual(["blue": 100])
        stand.run()
        let sent = stand.sent.count
        expectUsed(stand.offer(.adopt))
        expectUsed(stand.offer(.succeed, reason: "blue serves until the incident is over"))
        stand.run()
        #expect(stand.model.endpoint?.traffic.wanted == ["blue": 100])
        #expect(stand.sent.count == sent)
        #expect(stand.record.status == .waiting)
    }

    @Test("P19 drift that somebody undid by hand holds nobody any more")
    func undone() {
        var stand = drifted()
        stand.model.endpoint?.deployments[0].instances = .init(wanted: 2, ready: 2)
        stand.crash()
        stand.run { $0.stage("mirror")?.status == .succeeded }
        #expect(stand.stage("mirror")?.status == .succeeded)
    }

    @Test("P19 drift while a stage rests is noticed")
    func whileBaking() {
        var stand = Stand(.safeRollout, endpoint: .shop())
        stand.begin()
        stand.run { if case .baking = $0.record.phase { $0.stage("canary")?.status == .running } else { false } }
        stand.model.endpoint?.traffic = DesiredAndActual(["blue": 50, "green": 50])
        stand.run()
        #expect(stand.record.status == .held)
        #expect(stand.stage("canary")?.status == .held)
    }

    @Test("P17 requested is not done: a stage ends when the endpoint is observed to be so")
    func observed() {
        var stand = Stand(.of([Stage(name: "cut", action: .scale("blue", instanceCount: 4))]), endpoint: .shop())
        stand.begin()
        stand.run { !$0.underway.isEmpty }
        let underway = stand.underway
        for _ in 0..<20 {
            stand.underway = []
            stand.step()
        }
        #expect(stand.record.status == .running)
        stand.underway = underway
        stand.run()
        #expect(stand.record.status == .succeeded)
    }

    @Test("P17 a deployment is deleted when its traffic is observed to be 0 and nothing is in flight")
    func drained() {
        var endpoint = EndpointSnapshot.shop()
        endpoint.deployments.append(DeploymentSnapshot(definition: .named("green"), inFlight: 3))
        endpoint.traffic = DesiredAndActual(wanted: ["blue": 100], actual: ["blue": 95, "green": 5])
        var stand = Stand(.of([Stage(name: "delete", action: .deleteDeployment("green"))]), endpoint: endpoint)
        stand.begin()
        for _ in 0..<20 { stand.step() }
        #expect(stand.sent.isEmpty)
        stand.model.endpoint?.traffic = DesiredAndActual(["blue": 100])
        for _ in 0..<20 { stand.step() }
        #expect(stand.sent.isEmpty)
        stand.model.endpoint?.deployments[1].inFlight = 0
        stand.run()
        #expect(stand.record.status == .succeeded)
        #expect(stand.model.endpoint?.deployment("green") == nil)
    }

    @Test("P17 a deployment with traffic is not even asked to be deleted")
    func neverWithTraffic() {
        var stand = Stand(.of([Stage(name: "delete", action: .deleteDeployment("blue"))]), endpoint: .shop())
        stand.begin()
        stand.run()
        #expect(stand.sent.isEmpty)
        #expect(stand.record.status == .rolledBack)
        #expect(stand.record.reason?.contains("non-zero traffic weight") == true)
    }

    @Test(
        "P12 a stage is skipped or counted as done by a person, with a reason",
        arguments: [Request.Kind.skip, .succeed])
    func byHand(kind: Request.Kind) {
        var stages = Array(Plan.safeRollout.stages)
        stages[3].onFailure = .hold
        var stand = Stand(.of(stages), endpoint: .shop())
        stand.result = "it answers 424"
        stand.begin()
        stand.run()
        #expect(stand.record.status == .held)
        expectUsed(stand.offer(kind, by: "eve", reason: "a flaky test"))
        #expect(stand.stage("isolated-test")?.status == (kind == .skip ? .skipped : .succeeded))
        #expect(stand.stage("isolated-test")?.reason?.contains("by eve@desk: a flaky test") == true)
        stand.run(approving: true)
        #expect(stand.record.status == .succeeded)
    }

    @Test("P22 a run whose last traffic was skipped ends early, and can still be rolled back")
    func endedEarly() {
        var stand = Stand(.safeRollout, endpoint: .shop())
        stand.begin()
        stand.run { $0.record.status == .waiting }
        for _ in 0..<2 where !stand.record.status.isEnded {
            expectUsed(stand.offer(.skip, reason: "not today"))
            stand.run()
        }
        #expect(stand.record.status == .endedEarly)
        #expect(stand.record.reason?.contains("traffic is {blue: 90, green: 10}") == true)
        #expect(stand.record.reason?.contains("skipped stages: cut-over, delete-blue") == true)
        expectUsed(stand.offer(.abort))
        stand.run()
        #expect(stand.record.status == .aborted && stand.record.ended != nil)
        #expect(stand.model.endpoint?.traffic.actual == ["blue": 100])
    }

    @Test("P22 a last stage that was counted as done by hand has succeeded only if its traffic is observed")
    func seenToByHand() {
        for traffic: Traffic in [["blue": 90, "green": 10], ["green": 100]] {
            var stand = Stand(.safeRollout, endpoint: .shop())
            stand.begin()
            stand.run { $0.record.status == .waiting }
            expectUsed(stand.offer(.succeed, reason: "done in the portal"))
            stand.model.endpoint?.traffic = DesiredAndActual(traffic)
            expectUsed(stand.offer(.skip, reason: "kept for a while"))
            stand.run()
            #expect(stand.record.status == (traffic["green"] == 100 ? .succeeded : .endedEarly))
        }
    }

    @Test("P18 a run that stopped with traffic split can still be rolled back")
    func failedAndSplit() {
        var stages = Array(Plan.safeRollout.stages)
        stages[6].approval = Approval(timeout: .minutes(1), onTimeout: .stop)
        var stand = Stand(.of(stages), endpoint: .shop())
        stand.begin()
        stand.run { $0.record.status == .waiting }
        for _ in 0..<100 where !stand.record.status.isEnded { stand.step() }
        #expect(stand.record.status == .failed && stand.record.canRollBack)
        #expect(stand.model.endpoint?.traffic.actual == ["blue": 90, "green": 10])
        expectUsed(stand.offer(.abort))
        stand.run()
        #expect(stand.record.status == .aborted && !stand.record.canRollBack)
        #expect(stand.model.endpoint?.traffic.actual == ["blue": 100])
        expectKept(stand.offer(.abort))
    }
}
