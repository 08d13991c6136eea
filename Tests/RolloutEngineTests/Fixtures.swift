import RolloutEngine
import Rollouts

extension DeploymentDefinition {
    static func named(_ name: Name, instances: Int = 1, version: Int = 1) -> DeploymentDefinition {
        DeploymentDefinition(
            name: name, endpoint: "shop", instanceCount: instances,
            document: ["name": .string(name.text), "version": .integer(version)])
    }
}

extension Plan {
    static func of(_ stages: [Stage], playbook: String = "safe") -> Plan {
        Plan(playbook: playbook, backend: "scripted", endpoint: "shop", stages: StageList(stages))
    }

    /// The eight stages of the stock playbook `safe-rollout`.
    static var safeRollout: Plan {
        .of([
            Stage(
                name: "define",
                action: .define(EndpointDefinition(name: "shop"), deployment: .named("blue"), allTraffic: true)),
            Stage(name: "scale", action: .scale("blue", instanceCount: 2)),
            Stage(name: "deploy-green", action: .deploy(.named("green"))),
            Stage(
                name: "isolated-test",
                action: .invoke(Invocation(deployment: "green", request: InferenceRequest(body: "{}")))),
            Stage(name: "mirror", action: .mirrorTraffic(["green": 10]), bake: .minutes(10)),
            Stage(name: "canary", action: .traffic(["blue": 90, "green": 10]), bake: .minutes(30)),
            Stage(name: "cut-over", action: .traffic(["green": 100]), approval: Approval(), bake: .minutes(10)),
            Stage(name: "delete-blue", action: .deleteDeployment("blue"), approval: Approval()),
        ])
    }
}
