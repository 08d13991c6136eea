import Rollouts
import Testing

@Suite("Autoscaling")
struct AutoscalingTests {
    @Test(
        "what a file leaves out has Azure's defaults",
        arguments: [
            (["type": "target_utilization"], 1...1, 70),
            (["type": "target_utilization", "min_instances": 3], 3...3, 70),
            (["type": "target_utilization", "min_instances": 0, "max_instances": 5], 1...5, 70),
            (["type": "target_utilization", "max_instances": 2, "target_utilization_percentage": 60], 1...2, 60),
        ] as [(Value, ClosedRange<Int>, Int)])
    func settings(_ settings: Value, counts: ClosedRange<Int>, utilization: Int) throws {
        let autoscaling = try #require(Autoscaling(definition(["scale_settings": settings])))
        #expect(autoscaling.counts == counts)
        #expect(autoscaling.targetUtilization == utilization)
    }

    @Test("another type, or none, is no autoscaler")
    func byHand() {
        #expect(Autoscaling(definition([:])) == nil)
        #expect(Autoscaling(definition(["scale_settings": ["type": "default", "max_instances": 5]])) == nil)
    }

    private func definition(_ document: Value) -> DeploymentDefinition {
        DeploymentDefinition(name: "blue", endpoint: "houses", document: document)
    }
}
