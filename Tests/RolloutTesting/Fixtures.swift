package import RolloutEngine
package import Rollouts

extension EndpointDefinition {
    package static let sample = EndpointDefinition(
        name: "houses", document: ["name": "houses", "auth_mode": "key"])
}

extension DeploymentDefinition {
    package static let blue = DeploymentDefinition.sample("blue")
    package static let green = DeploymentDefinition.sample("green")

    /// A deployment of ``EndpointDefinition/sample``.
    package static func sample(_ name: Name, instances: Int = 1) -> DeploymentDefinition {
        DeploymentDefinition(
            name: name, endpoint: EndpointDefinition.sample.name, instanceType: "Standard_DS3_v2",
            instanceCount: instances,
            document: [
                "name": .string(name.text), "endpoint_name": "houses", "model": "azureml:houses:1",
                "instance_type": "Standard_DS3_v2", "instance_count": .integer(instances),
            ])
    }
}

extension EndpointSnapshot {
    /// Blue and green, both ready, all traffic at blue.
    package static let blueLive = sample(
        traffic: ["blue": 100], deployments: [.init(definition: .blue), .init(definition: .green)])

    package static func sample(
        kind: EndpointKind = .managed, traffic: Traffic = .none, mirror: Traffic = .none,
        deployments: [DeploymentSnapshot]
    ) -> EndpointSnapshot {
        EndpointSnapshot(
            definition: .sample, kind: kind, traffic: DesiredAndActual(traffic),
            mirrorTraffic: DesiredAndActual(mirror),
            deployments: deployments)
    }
}

extension InferenceRequest {
    package static let sample = InferenceRequest(body: #"{"data": [[1, 2, 3]]}"#)
}

extension ChangeContext {
    /// The context of a stage of a sample run; the same `key` stands for the same sending.
    package static func sample(_ key: String, stage: String = "canary", attempt: Int = 1, epoch: Int = 1) -> Self {
        ChangeContext(
            run: RunID(playbook: "safe-rollout", number: 1), stage: stage, attempt: attempt, idempotencyKey: key,
            epoch: epoch)
    }
}
