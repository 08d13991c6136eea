import RolloutEngine
import RolloutTesting
import Rollouts
import Testing

@testable import RolloutService

@Suite("What is not worth starting")
struct FirstRefusalTests {
    @Test("A run whose first effect would be refused for good is known before it starts")
    func firstRefusal() {
        func refusal(_ stages: [Stage], on observed: EndpointSnapshot?) -> PlanRefusal? {
            let plan = Plan(playbook: "roll-back", backend: "local", endpoint: "houses", stages: StageList(stages))
            return PlanRefusal(of: plan, on: observed, kind: .managed)
        }
        let back = [
            Stage(name: "mirror-off", action: .mirrorTraffic(.none)),
            Stage(name: "return-traffic", action: .traffic(["red": 100])),
        ]
        #expect(refusal(back, on: nil)?.stage == "return-traffic")
        #expect(refusal(back, on: .blueLive)?.message == "endpoint houses has no deployment red: deploy it first")
        #expect(refusal([Stage(name: "back", action: .traffic(["blue": 100]))], on: .blueLive) == nil)
        // What changes something first, or is refused only for now, is tried.
        var busy = EndpointSnapshot.blueLive
        busy.state = .updating
        #expect(refusal([Stage(name: "back", action: .traffic(.none))], on: busy) == nil)
        #expect(
            refusal([Stage(name: "define", action: .define(.sample, deployment: .blue, allTraffic: true))], on: nil)
                == nil)
    }
}
