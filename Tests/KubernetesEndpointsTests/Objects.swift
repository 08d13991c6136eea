import RolloutEngine
import RolloutTesting
import Rollouts

@testable import KubernetesEndpoints

extension KubernetesSettings {
    /// A gateway, and an image for every deployment.
    static let sample = {
        var settings = KubernetesSettings()
        settings.gateway = GatewayChoice(name: "edge", namespace: "gateways")
        settings.image = "registry.local/houses:1"
        return settings
    }()
}

extension Author {
    static let sample = Author(.sample("key-1", epoch: 3), plan: "abc")
}

extension DeploymentDefinition {
    /// ``DeploymentDefinition/sample(_:instances:)`` with more members in its file.
    static func sample(_ name: Name, instances: Int = 1, _ more: [String: Value]) -> DeploymentDefinition {
        var definition = DeploymentDefinition.sample(name, instances: instances)
        for (key, value) in more { definition.document[path: [key]] = value }
        return definition
    }
}

/// The Deployment of a definition, with what the API server and its controller say of one that is complete.
func deploymentObject(
    _ definition: DeploymentDefinition = .blue, settings: KubernetesSettings = .sample,
    status: [String: Value] = [:], edit: (inout KubernetesObject) -> Void = { _ in }
) throws -> KubernetesObject {
    let manifest = try manifest(definition, settings: settings)
    var object = try manifest.deployment(by: .sample)
    let count = Value.integer(definition.instanceCount)
    object["metadata", "generation"] = 1
    object["status"] = [
        "observedGeneration": 1, "replicas": count, "updatedReplicas": count, "availableReplicas": count,
        "conditions": [["type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"]],
    ]
    for (key, value) in status { object["status", key] = value }
    edit(&object)
    return object
}

func manifest(
    _ definition: DeploymentDefinition, settings: KubernetesSettings = .sample, code: CodeManifest? = nil
) throws -> DeploymentManifest {
    guard let image = ServedImage(definition, settings) else { throw ManifestProblem("no image") }
    return DeploymentManifest(
        definition: definition, endpoint: "houses", settings: settings, image: image, code: code, namespace: "models")
}

/// A slice with that many ready addresses.
func slice(ready count: Int) -> KubernetesObject {
    let endpoints: [Value] = (0..<count).map {
        ["addresses": [.string("10.0.0.\($0)")], "conditions": ["ready": true]]
    }
    return KubernetesObject(.endpointSlices, name: "houses-blue-x", ["endpoints": .list(endpoints)])
}

/// A Pod of the deployment's present template.
func pod(_ deployment: KubernetesObject, made: String = "2026-11-24T20:00:00Z", _ status: Value) -> KubernetesObject {
    var pod = KubernetesObject(.pods, name: "houses-blue-abc-1", ["status": status])
    pod["metadata", "creationTimestamp"] = .string(made)
    pod["metadata", "labels"] = deployment["spec", "template", "metadata", "labels"]
    return pod
}

/// A route with the deployments' rules and weights, which the gateway `edge` has accepted at its generation.
func routeObject(
    _ traffic: Traffic, deployments: [Name] = ["blue", "green"], accepted: Value = "True", seen generation: Int = 4
) throws -> KubernetesObject {
    let manifest = RouteManifest(
        endpoint: "houses", namespace: "models",
        parents: RouteManifest.parents(.init(name: "edge", namespace: "gateways"), namespace: "models"), hostnames: [],
        backends: deployments.map { .init(deployment: $0, timeout: .seconds(5)) },
        weighted: deployments.map { .init(deployment: $0, timeout: .seconds(5)) }, traffic: traffic)
    var object = try ManifestText.applied(
        KubernetesObject(
            .httpRoutes, name: "houses", namespace: "models", labels: Mark.labels(of: "houses"),
            annotations: Author.sample.annotations, ["spec": manifest.spec]))
    object["metadata", "generation"] = 4
    object["status"] = [
        "parents": [
            [
                "parentRef": ["name": "edge", "namespace": "gateways"],
                "conditions": [
                    [
                        "type": "Accepted", "status": accepted, "observedGeneration": .integer(generation),
                        "reason": "R",
                    ],
                    ["type": "ResolvedRefs", "status": "True", "observedGeneration": .integer(generation)],
                ],
            ]
        ]
    ]
    return object
}
