extension AzureObject {
    /// A managed online deployment in Azure ML's YAML form.
    static let managedDeployment = AzureObject(
        "a deployment file",
        AzureField.deployment + [AzureField.instanceType(required: true)] + AzureField.managedDeployment)

    /// A Kubernetes online deployment: one whose file says `type: kubernetes`.
    static let kubernetesDeployment = AzureObject(
        "a deployment file",
        AzureField.deployment + [AzureField.instanceType(required: false), AzureField.resources])

    /// Either kind of deployment.
    static let anyDeployment = AzureObject(
        "a deployment file",
        AzureField.deployment + [AzureField.instanceType(required: false), AzureField.resources]
            + AzureField.managedDeployment)

    fileprivate static let code = AzureObject(
        "code_configuration",
        [
            AzureField("$schema", .readOnly, "JSON Schema of the mapping; not read."),
            AzureField(
                "code", .text, "Folder of the scoring code, relative to this file, or a registered code asset.",
                example: "./onlinescoring"),
            AzureField("scoring_script", .text, "Scoring script in that folder.", example: "score.py"),
        ])

    fileprivate static let scaleSettings = AzureObject(
        "scale_settings",
        [
            AzureField(
                "type", .word(.snake("default", "target_utilization")), required: true,
                "Scaling mode; managed endpoints accept only `default`.", example: "default"),
            AzureField("min_instances", .integer, "Smallest number of instances. Default: 1."),
            AzureField("max_instances", .integer, "Largest number of instances. Default: 1."),
            AzureField(
                "target_utilization_percentage", .integer, "Target utilization in percent, 1 to 100. Default: 70."),
            AzureField("polling_interval", .amount, "Time between two measurements, in seconds. Default: 1."),
        ])

    /// The keys of the default scaling mode, which has no settings.
    static let defaultScaleSettings = AzureObject("scale_settings", [scaleSettings.fields[0]])

    fileprivate static let requestSettings = AzureObject(
        "request_settings",
        [
            AzureField(
                "request_timeout_ms", .amount,
                "Timeout of a request in milliseconds, 1 to 180000. Default: 5000."
            ),
            AzureField(
                "max_concurrent_requests_per_instance", .integer,
                "Number of requests that an instance handles concurrently, at least 1. Default: 1."
            ),
            AzureField("max_queue_wait_ms", .amount, "Longest wait in the queue, in milliseconds. Default: 500."),
        ])

    fileprivate static func probe(_ name: String) -> AzureObject {
        AzureObject(
            name,
            [
                AzureField("initial_delay", .amount, "Time before the first probe, in seconds. Default: 10."),
                AzureField("period", .amount, "Time between two probes, in seconds. Default: 10."),
                AzureField("timeout", .amount, "Timeout of a probe, in seconds. Default: 2."),
                AzureField("success_threshold", .integer, "Consecutive successes for the probe to pass. Default: 1."),
                AzureField("failure_threshold", .integer, "Consecutive failures for the probe to fail. Default: 30."),
            ])
    }

    fileprivate static let dataCollector = AzureObject(
        "data_collector",
        [
            AzureField(
                "collections", .mapping(.object(collection)), required: true, "Collections of data, by name.",
                example: "{model_inputs: {enabled: 'true'}}"),
            AzureField("sampling_rate", .share, "Share of requests to collect, 0 to 1."),
            AzureField(
                "rolling_rate", .word(.lower("minute", "day", "hour")), "Period after which a new file is started."),
            AzureField("request_logging", .object(requestLogging), "What to log about each request."),
        ])

    private static let requestLogging = AzureObject(
        "request_logging", [AzureField("capture_headers", .list(.text), "Names of the headers to log.")])

    private static let collection = AzureObject(
        "a collection",
        [
            AzureField(
                "enabled", .word(.lower("true", "false")), required: true,
                "Enable collection: 'true' or 'false', in quotes.", example: "'true'"),
            AzureField("data", .textOr(data), "Storage location: a data asset, or a reference to one."),
            AzureField("client_id", .text, "Client ID of the identity that writes the data."),
        ])

    private static let data = AzureObject(
        "data",
        [
            AzureField("name", .text, "Name of the data asset."), AzureField("path", .text, "Path of the data."),
            AzureField("version", .text, "Version of the data asset."),
            AzureField("data_id", .text, "ID of the data asset."),
        ])

    fileprivate static let resources = AzureObject(
        "resources",
        ["requests", "limits"].map { part in
            AzureField(
                part,
                .object(
                    AzureObject(
                        part,
                        [
                            AzureField("cpu", .text, "Kubernetes quantity in quotes, for example `'500m'`."),
                            AzureField("memory", .text, "Kubernetes quantity in quotes, for example `'2Gi'`."),
                            AzureField("nvidia.com/gpu", .text, "Number of GPUs, in quotes."),
                            AzureField("gpu", .text, "Alias of `nvidia.com/gpu`.", means: "nvidia.com/gpu"),
                        ])),
                part == "requests" ? "Resources reserved for a container." : "Limits on a container's resources.")
        })
}

extension AzureField {
    fileprivate static let deployment = [
        AzureField("$schema", .readOnly, "JSON Schema of the file; not read."),
        AzureField(
            "name", .name, required: true,
            "Name of the deployment: 3 to 32 letters, digits and hyphens. The stage's `name` overrides it.",
            example: "green", alternative: "give it as the stage's 'name'"),
        AzureField(
            "endpoint_name", .name, required: true,
            "Endpoint of the deployment; --endpoint overrides it. Default: the playbook's endpoint.",
            example: "my-endpoint", alternative: "pass --endpoint NAME"),
        AzureField("description", .text, "Description for people."),
        AzureField("tags", .words(), "Tags; each value is kept as text."),
        AzureField("properties", .words(), "Properties, which cannot be changed later; each value is kept as text."),
        AzureField(
            "type", .word(.snake("managed", "kubernetes")), "Kind of compute. Default: managed.", example: "managed"),
        AzureField(
            "model", .asset(.model), "Model: a reference, or an inline model with its path.",
            example: "azureml:my-model:1"),
        AzureField("model_mount_path", .text, "Path at which the model is mounted in a custom container."),
        AzureField("code_configuration", .object(.code), "Scoring script and its folder."),
        AzureField(
            "environment", .asset(.environment), "Environment: a reference, or an inline environment.",
            example: "azureml:my-environment:1"),
        AzureField(
            "environment_variables", .words(), "Environment variables of the server; each value is kept as text."),
        AzureField("instance_count", .integer, "Number of instances, 1 to 50. Default: 1."),
        AzureField("app_insights_enabled", .flag, "Enable Application Insights. Default: false."),
        AzureField("scale_settings", .object(.scaleSettings), "Scaling of the deployment."),
        AzureField("request_settings", .object(.requestSettings), "Timeouts and limits of requests."),
        AzureField(
            "liveness_probe", .object(.probe("liveness_probe")), "Probe that decides when an instance is restarted."),
        AzureField(
            "readiness_probe", .object(.probe("readiness_probe")), "Probe that decides when an instance takes requests."
        ),
        AzureField("data_collector", .object(.dataCollector), "Collection of requests and responses."),
        AzureField("id", .unused(.text), "Shown by `az ml online-deployment show`; not used."),
        AzureField("provisioning_state", .unused(.text), "Shown by `az ml online-deployment show`; not used."),
    ]

    fileprivate static func instanceType(required: Bool) -> AzureField {
        AzureField(
            "instance_type", .text, required: required, "Virtual machine size. Required on managed endpoints.",
            example: "Standard_DS3_v2")
    }

    fileprivate static let resources = AzureField(
        "resources", .object(.resources), "Resources of a container (Kubernetes).")

    fileprivate static let managedDeployment = [
        AzureField(
            "egress_public_network_access", .word(.lower("enabled", "disabled")),
            "Whether instances can reach the internet. Default: enabled."),
        AzureField("private_network_connection", .flag, "Connect over a private network. Default: false."),
        AzureField("creation_context", .readOnly, "Shown by `az ml online-deployment show`; not used."),
    ]
}
