import RolloutEngine
import Rollouts
import Testing

@Suite("Roll-back")
struct RollBackTests {
    private static let stageNames = Plan.safeRollout.stages.map(\.name)

    @Test("an abort at each stage restores the traffic of the start, verified", arguments: stageNames)
    func abort(stage: String) {
        var stand = Stand(.safeRollout, endpoint: .shop())
        stand.begin()
        stand.run(approving: true) { $0.stage(stage)?.status != .pending }
        expectUsed(stand.offer(.abort, reason: "I say so"))
        stand.run()
        #expect(stand.record.status == .aborted)
        #expect(stand.model.endpoint?.traffic == DesiredAndActual(["blue": 100]))
        #expect(stand.model.endpoint?.mirrorTraffic == DesiredAndActual(.none))
        #expect(stand.record.reason?.contains("aborted by bob@desk: I say so") == true)
    }

    @Test("P18 it first restores capacity, then traffic, then turns the mirror off")
    func order() {
        var stages = Array(Plan.safeRollout.stages)
        stages.append(
            Stage(name: "check", action: .invoke(Invocation(deployment: "green", request: .init(body: "{}")))))
        stages.insert(Stage(name: "mirror-canary", action: .mirrorTraffic(["test": 5])), at: 7)
        stages.insert(Stage(name: "deploy-test", action: .deploy(.named("test"))), at: 7)
        var stand = Stand(.of(stages), endpoint: .shop(instances: 3))
        stand.begin()
        stand.run(approving: true) { if case .invoke = $0.effect { $0.record.position > 8 } else { false } }
        stand.result = "it answers 500"
        let before = stand.sent.count
        stand.run()
        #expect(
            stand.sent[before...].map(\.change) == [
                .putDeployment(.named("blue", instances: 3)), .setTraffic(["blue": 100]), .setMirrorTraffic(.none),
            ])
        #expect(stand.record.status == .rolledBack)
        #expect(stand.stage("cut-over")?.status == .rolledBack)
        #expect(stand.stage("check")?.status == .failed)
    }

    @Test("P18 it goes on after a crash, wherever that hits, and does nothing twice")
    func resumes() {
        for point in 0..<12 {
            var stand = Stand(.safeRollout, endpoint: .shop())
            stand.begin()
            stand.run()
            expectUsed(stand.offer(.reject))
            for _ in 0..<point { stand.step() }
            stand.crash()
            stand.run()
            #expect(stand.record.status == .rolledBack, "crash at \(point)")
            #expect(stand.sent.filter { $0.change == .setTraffic(["blue": 100]) && $0.hadEffect }.count == 1)
            #expect(stand.model.endpoint?.traffic == DesiredAndActual(["blue": 100]))
        }
    }

    @Test("P18 it beats a promotion that is pending")
    func beatsPromotion() {
        var stand = Stand(.safeRollout, endpoint: .shop())
        stand.begin()
        stand.run(approving: true) {
            if case .apply(.setTraffic(["green": 100]), _, _) = $0.effect { true } else { false }
        }
        expectUsed(stand.offer(.abort))
        expectKept(stand.offer(.approve, stage: "delete-blue"))
        stand.run()
        #expect(stand.record.status == .aborted)
        #expect(!stand.sent.contains { $0.change == .setTraffic(["green": 100]) })
    }

    @Test("P18 it restores the traffic of the start, also when that was split")
    func splitAtStart() {
        var endpoint = EndpointSnapshot.shop()
        endpoint.deployments.append(DeploymentSnapshot(definition: .named("teal")))
        endpoint.traffic = DesiredAndActual(["blue": 70, "teal": 30])
        var stand = Stand(
            .of([
                Stage(name: "cut", action: .traffic(["blue": 100])),
                Stage(name: "check", action: .invoke(Invocation(deployment: "blue", request: .init(body: "{}")))),
            ]), endpoint: endpoint)
        stand.result = "no"
        stand.begin()
        stand.run()
        #expect(stand.record.status == .rolledBack)
        #expect(stand.model.endpoint?.traffic == DesiredAndActual(["blue": 70, "teal": 30]))
    }

    @Test("an endpoint that served nobody at the start keeps the traffic that its definition gave it")
    func firstService() {
        var stand = Stand(.safeRollout)
        stand.result = "it answers 424"
        stand.begin()
        stand.run()
        #expect(stand.record.status == .rolledBack)
        #expect(stand.model.endpoint?.traffic == DesiredAndActual(["blue": 100]))
        #expect(stand.record.reason?.contains("it answers 424") == true)
    }

    @Test("a way back that is refused is held for a person, who can try again or leave it")
    func refusedWayBack() {
        var stand = Stand(.safeRollout, endpoint: .shop())
        stand.begin()
        stand.run()
        stand.answer = { _ in BackendError(.refused, "frozen") }
        expectUsed(stand.offer(.reject))
        stand.run()
        #expect(stand.record.status == .held)
        #expect(stand.record.reason?.contains("frozen") == true)
        stand.answer = { _ in nil }
        expectUsed(stand.offer(.retry))
        stand.run()
        #expect(stand.record.status == .rolledBack)
        #expect(stand.model.endpoint?.traffic == DesiredAndActual(["blue": 100]))
    }

    @Test("a deployment that never becomes ready fails its stage for a reason", arguments: [true, false])
    func neverReady(failed: Bool) {
        var stand = Stand(.safeRollout, endpoint: .shop())
        stand.begin()
        stand.run { $0.underway.contains(.putDeployment(.named("green"))) }
        if failed {
            stand.model.fail("green", reason: "ImagePullBackOff")
            stand.underway = []
        } else {
            stand.underway = []
        }
        stand.run()
        #expect(stand.record.status == .rolledBack)
        #expect(stand.record.reason?.contains(failed ? "ImagePullBackOff" : "did not complete within 1h") == true)
        #expect(stand.model.endpoint?.traffic == DesiredAndActual(["blue": 100]))
    }

    @Test("a change of the way back that somebody undoes is asked for again, as another change")
    func undoneWayBack() {
        var stand = Stand(.safeRollout, endpoint: .shop())
        stand.begin()
        stand.run()
        expectUsed(stand.offer(.reject))
        stand.run { $0.sent.last?.change == .setTraffic(["blue": 100]) }
        stand.underway = []
        stand.model.endpoint?.traffic = DesiredAndActual(["blue": 90, "green": 10])
        stand.model.endpoint?.state = .succeeded
        stand.run()
        let keys = stand.sent.filter { $0.change == .setTraffic(["blue": 100]) && $0.hadEffect }.map(\.key)
        #expect(Set(keys).count == 2)
        #expect(stand.record.status == .rolledBack)
        #expect(stand.model.endpoint?.traffic == DesiredAndActual(["blue": 100]))
    }

    @Test("P18 an endpoint that was defined otherwise is defined as at the start again, before its traffic is restored")
    func definition() {
        var other = EndpointDefinition(name: "shop", document: ["cluster": ["hostnames": ["a.example"]]])
        other.authMode = "aad_token"
        var stand = Stand(
            .of([
                Stage(name: "define", action: .define(other, deployment: nil, allTraffic: false)),
                Stage(name: "check", action: .invoke(Invocation(deployment: "blue", request: .init(body: "{}")))),
            ]), endpoint: .shop())
        let before = stand.model.endpoint?.definition
        stand.begin()
        stand.run { if case .invoke = $0.effect { true } else { false } }
        #expect(stand.model.endpoint?.definition == other)
        stand.result = "it answers 500"
        stand.run()
        #expect(stand.record.status == .rolledBack)
        #expect(stand.model.endpoint?.definition == before)
    }
}
