import RolloutEngine
import Rollouts
import Testing

@Suite("Exhaustive check")
struct ExhaustiveCheckTests {
    @Test("a sound playbook holds in every reachable world")
    func safeRollout() {
        let report = ExhaustiveCheck(plan: .safeRollout, kind: .managed).run()
        #expect(report.refutation == nil)
        #expect(report.isComplete)
        #expect(report.worlds > 1000)
    }

    @Test("the mirror is skipped on Kubernetes, and everything else holds")
    func kubernetes() {
        var stages = Array(Plan.safeRollout.stages)
        #expect(
            refutation(of: stages, kind: .kubernetes)?.problem.contains("kubernetes does not mirror traffic") == true)
        stages[4].skip = "kubernetes does not mirror traffic"
        #expect(refutation(of: stages, kind: .kubernetes) == nil)
    }

    @Test("a gate that only others of a group may pass is passed by them")
    func barredGate() {
        var stages = Array(Plan.safeRollout.stages)
        stages[6].approval = Approval(required: 2, starterMayApprove: false, group: "leads")
        #expect(refutation(of: stages) == nil)
    }

    @Test("deleting before the cut-over is refuted")
    func deleteBeforeCutOver() {
        var stages = Array(Plan.safeRollout.stages)
        stages.swapAt(6, 7)
        let refutation = refutation(of: stages)
        #expect(refutation?.problem.contains("Can't delete deployment [blue] with non-zero traffic weight") == true)
        #expect(refutation?.story.contains("scale: everything goes as planned") == true)
        #expect((refutation?.story.count ?? 99) <= 10)
    }

    @Test("a mirror that is left on is refuted")
    func mirrorLeftOn() {
        let refutation = refutation(of: Array(Plan.safeRollout.stages.prefix(5)))
        #expect(refutation?.problem == "the run ends while traffic is still mirrored: {green: 10}")
    }

    @Test("a failure that leaves the traffic split is refuted, by the shortest story")
    func noWayBack() {
        var stages = Array(Plan.safeRollout.stages)
        stages[6].onFailure = .stop
        let refutation = refutation(of: stages)
        #expect(
            refutation?.problem
                == "the run ends as failed with traffic {blue: 90, green: 10}; at the start it was {blue: 100}")
        #expect(refutation?.story.last?.hasPrefix("cut-over: ") == true)
    }

    @Test("traffic to a deployment that was never deployed is refuted")
    func trafficToNothing() {
        let refutation = refutation(of: [
            Stage(
                name: "define",
                action: .define(EndpointDefinition(name: "shop"), deployment: .named("blue"), allTraffic: true)),
            Stage(name: "cut-over", action: .traffic(["green": 100])),
        ])
        #expect(refutation?.problem.contains("no deployment green") == true)
    }

    @Test("an endpoint that is torn down needs no clients at its end")
    func tearDown() {
        let refutation = refutation(of: [
            Stage(name: "traffic-off", action: .traffic(.none), approval: Approval()),
            Stage(name: "delete", action: .deleteEndpoint),
        ])
        #expect(refutation == nil)
    }

    @Test("a playbook without an endpoint holds")
    func withoutEndpoint() {
        let refutation = refutation(of: [
            Stage(name: "rest", action: .wait(.minutes(1)), approval: Approval(required: 2)),
            Stage(name: "announce", action: .run(Command(words: ["true"])), retry: Retry(attempts: 3)),
        ])
        #expect(refutation == nil)
    }

    private func refutation(of stages: [Stage], kind: EndpointKind = .managed) -> ExhaustiveCheck.Refutation? {
        let report = ExhaustiveCheck(plan: .of(stages), kind: kind).run()
        let refutation = report.refutation
        #expect(report.refutation != nil || report.worlds > 10)
        return refutation
    }
}
