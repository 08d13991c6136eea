extension ObjectShape {
    /// A deployment in Azure ML's YAML form (AZURE.md, Files).
    static let deploymentFile = ObjectShape(
        "a deployment file",
        [
            Field("$schema", .text, "Where the form is described."),
            Field("name", .name, required: true, "3 to 32 letters, digits and hyphens.", example: "green"),
            Field("endpoint_name", .name, required: true, "The endpoint that it belongs to.", example: "my-endpoint"),
            Field("description", .text, "What it is."),
            Field("tags", .mapping(.word), "Labels."),
            Field("properties", .mapping(.any), "Properties that cannot be changed later."),
            Field("type", .choice(["managed", "kubernetes"]), "What it runs on."),
            Field("model", .textOr(.model), "The model: a reference or its files.", example: "azureml:my-model:1"),
            Field("model_mount_path", .text, "Where the model's files are mounted."),
            Field("code_configuration", .object(.code), "The scoring script."),
            Field("environment", .textOr(.environment), "What it runs in: a reference or its parts."),
            Field("environment_variables", .mapping(.word), "Variables of the server's process."),
            Field("instance_type", .text, "Required on managed endpoints.", example: "Standard_DS3_v2"),
            Field("instance_count", .integer(0...1000), "Instances, 1 to 50; 1 unless it says otherwise."),
            Field("app_insights_enabled", .boolean, "Whether Application Insights is used."),
            Field("scale_settings", .object(.scaleSettings), "How it is scaled."),
            Field("request_settings", .object(.requestSettings), "Limits of requests."),
            Field("liveness_probe", .object(.probe("liveness_probe")), "Whether an instance lives."),
            Field("readiness_probe", .object(.probe("readiness_probe")), "Whether an instance can serve."),
            Field("data_collector", .object(.dataCollector), "What of the requests is kept."),
            Field(
                "egress_public_network_access", .choice(["enabled", "disabled"]), "Whether it reaches the internet."),
            Field("private_network_connection", .boolean, "Whether it is reached privately."),
            Field("resources", .object(.resources), "What a container gets (Kubernetes)."),
        ])

    private static let assetFields = [
        Field("name", .text, "Its name."), Field("version", .word, "Its version."),
        Field("description", .text, "What it is."), Field("tags", .mapping(.word), "Labels."),
        Field("properties", .mapping(.any), "Properties."), Field("$schema", .text, "Where the form is described."),
    ]

    private static let model = ObjectShape(
        "model",
        assetFields + [
            Field("path", .text, "The model's files."),
            Field("type", .text, "custom_model, mlflow_model or triton_model."),
            Field("flavors", .mapping(.any), "Flavours of an MLflow model."),
        ])

    private static let code = ObjectShape(
        "code_configuration",
        [
            Field("code", .text, "The folder of the code."), Field("scoring_script", .text, "The script in it."),
        ])

    private static let environment = ObjectShape(
        "environment",
        assetFields + [
            Field("conda_file", .any, "The Conda environment: a file or its content."),
            Field("image", .text, "The container's image."),
            Field("build", .object(.build), "How the image is built."),
            Field("inference_config", .object(.inferenceConfig), "Where the image's server listens."),
        ])

    private static let build = ObjectShape(
        "build", [Field("path", .text, "The folder."), Field("dockerfile_path", .text, "The file in it.")])

    private static let inferenceConfig = ObjectShape(
        "inference_config",
        ["liveness_route", "readiness_route", "scoring_route"].map { route in
            Field(
                route,
                .object(
                    ObjectShape(
                        route,
                        [
                            Field("port", .integer(1...65535), "The port."),
                            Field("path", .text, "The path.", example: "/score"),
                        ])), "A route.")
        })

    private static let scaleSettings = ObjectShape(
        "scale_settings",
        [
            Field("type", .choice(["default", "target_utilization"]), required: true, "How.", example: "default"),
            Field("min_instances", .integer(0...1000), "At least."),
            Field("max_instances", .integer(1...1000), "At most."),
            Field("target_utilization_percentage", .integer(1...100), "The load to aim at."),
            Field("polling_interval", .integer(1...86_400), "Seconds between looks."),
        ])

    private static let requestSettings = ObjectShape(
        "request_settings",
        [
            Field("request_timeout_ms", .integer(1...180_000), "5000 unless it says otherwise."),
            Field("max_concurrent_requests_per_instance", .integer(1...1_000_000), "1 unless it says otherwise."),
            Field("max_queue_wait_ms", .integer(0...86_400_000), "500 unless it says otherwise."),
        ])

    private static func probe(_ name: String) -> ObjectShape {
        ObjectShape(
            name,
            ["initial_delay", "period", "timeout", "success_threshold", "failure_threshold"].map {
                Field($0, .integer(0...86_400), "Seconds or a count.")
            })
    }

    private static let dataCollector = ObjectShape(
        "data_collector",
        [
            Field("collections", .mapping(.object(collection)), "What is collected, by name."),
            Field("sampling_rate", .number(0...1), "The share that is kept."),
            Field("rolling_rate", .text, "How files are cut: hour, day and so on."),
            Field("request_logging", .mapping(.any), "Which headers are kept."),
        ])

    private static let collection = ObjectShape(
        "a collection", [Field("enabled", .word, "Whether."), Field("data", .any, "Where to.")])

    private static let resources = ObjectShape(
        "resources",
        ["requests", "limits"].map { part in
            Field(
                part,
                .object(
                    ObjectShape(part, ["cpu", "memory", "nvidia.com/gpu"].map { Field($0, .word, "An amount.") })),
                "What it gets.")
        })
}
