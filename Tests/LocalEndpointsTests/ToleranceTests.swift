import RolloutStatistics
import Rollouts
import Testing

@testable import LocalEndpoints

@Suite("The tolerance of compared answers")
struct ToleranceTests {
    @Test("What compares answers gets the least tolerance that a stage asks for", arguments: [true, false])
    func numericTolerance(_ isAsked: Bool) {
        func stage(_ name: String, _ tolerance: Double) -> Stage {
            let metrics: [Metric] = isAsked ? [.disagreement(.init(numericTolerance: tolerance))] : []
            return Stage(
                name: name, action: .traffic(.none),
                analysis: AnalysisSpecification(longest: 600, metrics: [.errors(.init())] + metrics))
        }
        let plan = Plan(
            playbook: "safe-rollout", backend: "local", endpoint: "houses",
            stages: StageList([stage("one", 0.01), stage("two", 1e-3)]))
        #expect(plan.numericTolerance == (isAsked ? 1e-3 : nil))
    }
}
