import AzureEndpoints
import RolloutTesting
import Rollouts

/// Files as users write them, with any of their keys.
extension Dice {
    mutating func endpointDefinition() -> EndpointDefinition {
        let mode = one(of: ["key", "aml_token", "aad_token"])
        return EndpointDefinition(
            name: "houses", authMode: mode,
            document: members([
                "name": "houses", "auth_mode": maybe { _ in .string(mode) }, "description": maybe(text),
                "tags": maybe(words), "properties": maybe(words), "compute": maybe { _ in "azureml:my-cluster" },
                "identity": maybe { dice in
                    dice.one(of: [
                        ["type": "system_assigned"],
                        ["type": "user_assigned", "user_assigned_identities": [["resource_id": "/subscriptions/x"]]],
                    ])
                },
                "public_network_access": maybe { $0.one(of: ["enabled", "disabled"]) },
                "$schema": maybe { _ in "https://example.org/schema.json" },
            ]))
    }

    mutating func deploymentDefinition() -> DeploymentDefinition {
        let count = number(1...50)
        let settings = RequestSettings(
            timeout: .milliseconds(Int64(number(1...180_000))),
            maxConcurrentRequestsPerInstance: number(1...100), maxQueueWait: .milliseconds(Int64(number(0...9999))))
        let type = maybe { $0.one(of: ["Standard_DS3_v2", "Standard_F4s_v2"]) }
        let document = members([
            "name": "blue", "endpoint_name": "houses", "type": maybe { $0.one(of: ["managed", "kubernetes"]) },
            "description": maybe(text), "tags": maybe(words), "properties": maybe(words),
            "model": maybe { dice in
                dice.one(
                    of: [Value]([
                        "azureml:houses:3", "azureml:houses@latest", "azureml://registries/azureml/models/m/versions/1",
                        .string(
                            "azureml:"
                                + WorkspaceID(subscription: "a", resourceGroup: "b", name: "c").asset(
                                    "models", name: "m", version: "1")),
                        ["path": "../model", "name": "m"],
                    ]))
            },
            "model_mount_path": maybe { _ in "/var/model" },
            "code_configuration": maybe { dice in
                ["code": dice.one(of: ["../onlinescoring", "azureml:code:1"]), "scoring_script": "score.py"]
            },
            "environment": maybe { dice in
                dice.one(
                    of: [Value]([
                        "azureml:env:1", "azureml:AzureML-sklearn:1", ["image": "busybox", "conda_file": "conda.yml"],
                    ]))
            },
            "environment_variables": maybe(words), "instance_type": type.map(Value.string),
            "instance_count": .integer(count), "app_insights_enabled": maybe { .bool(Bool.random(using: &$0)) },
            "scale_settings": maybe { dice in
                dice.one(of: [
                    ["type": "default"],
                    ["type": "target_utilization", "max_instances": 4, "polling_interval": 2],
                ])
            },
            "request_settings": [
                "request_timeout_ms": .integer(Int(settings.timeout.milliseconds)),
                "max_concurrent_requests_per_instance": .integer(settings.maxConcurrentRequestsPerInstance),
                "max_queue_wait_ms": .integer(Int(settings.maxQueueWait.milliseconds)),
            ],
            "liveness_probe": maybe(probe), "readiness_probe": maybe(probe),
            "data_collector": maybe { dice in
                [
                    "collections": [
                        "model_inputs": ["enabled": dice.one(of: ["true", "false"]), "data": "azureml:inputs:1"]
                    ], "sampling_rate": .number(0.25), "rolling_rate": "hour",
                    "request_logging": ["capture_headers": ["aaa"]],
                ]
            },
            "egress_public_network_access": maybe { $0.one(of: ["enabled", "disabled"]) },
            "private_network_connection": maybe { .bool(Bool.random(using: &$0)) },
            "resources": maybe { _ in
                ["requests": ["cpu": 1, "memory": "2Gi"], "limits": ["cpu": "2", "nvidia.com/gpu": 1]]
            },
        ])
        return DeploymentDefinition(
            name: "blue", endpoint: "houses", instanceType: type, instanceCount: count, requestSettings: settings,
            document: document)
    }

    private func probe(_ dice: inout Dice) -> Value {
        dice.members([
            "initial_delay": dice.maybe { .integer($0.number(0...20)) },
            "period": dice.maybe { .integer($0.number(1...20)) }, "timeout": dice.maybe { .integer($0.number(1...5)) },
            "success_threshold": dice.maybe { .integer($0.number(1...3)) },
            "failure_threshold": dice.maybe { .integer($0.number(1...40)) },
        ])
    }
}

extension Dice {
    func members(_ members: [String: Value?]) -> Value { .mapping(members.compactMapValues { $0 }) }

    func text(_ dice: inout Dice) -> Value { dice.one(of: ["", "The price of houses", "grün ✓ \"quoted\"\n"]) }

    func words(_ dice: inout Dice) -> Value {
        dice.one(of: [
            [:], ["team": "housing"], ["count": 3, "live": true, "share": .number(0.5), "note": "a b"],
        ])
    }
}
