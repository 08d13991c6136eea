/// Assets that a deployment file defines inline.
extension AzureObject {
    static let model = AzureObject(
        "model",
        [
            AzureField("$schema", .readOnly, "JSON Schema of the model; not read."),
            AzureField("name", .text, "Name of the model. Default: a generated name."),
            AzureField("version", .version, "Version of the model; needs a name."),
            AzureField(
                "path", .text, "Path of the model's file or folder, relative to this file.", example: "./model"),
            AzureField(
                "type", .word(.lower("custom_model", "mlflow_model", "triton_model")),
                "Format of the model. Default: custom_model."),
            AzureField("description", .text, "Description for people."),
            AzureField("tags", .words(), "Tags; each value is kept as text."),
            AzureField("properties", .words(), "Properties; each value is kept as text."),
            AzureField("stage", .text, "Life-cycle stage of the model."),
            AzureField("flavors", .anyMapping, "Flavours of an MLflow model."),
            AzureField("datastore", .text, "Datastore that the model is uploaded to."),
            AzureField("system_metadata", .anyMapping, "Metadata that the service keeps."),
            AzureField(
                "default_deployment_template", .object(template), "Deployment template of the model."),
            AzureField(
                "allowed_deployment_templates", .list(.object(template)), "Deployment templates that may be used."),
        ]
            + readOnly([
                "id", "utc_time_created", "creation_context", "job_name", "latest_version", "intellectual_property",
            ]))

    private static let template = AzureObject(
        "a deployment template", [AzureField("asset_id", .text, "ID of the template.")])

    static let environment = AzureObject(
        "environment",
        [
            AzureField("$schema", .readOnly, "JSON Schema of the environment; not read."),
            AzureField("name", .text, "Name of the environment. Default: a generated name."),
            AzureField("version", .version, "Version of the environment."),
            AzureField("description", .text, "Description for people."),
            AzureField("tags", .words(textKeys: true), "Tags; each value is kept as text."),
            AzureField(
                "image", .text, "Container image.", example: "mcr.microsoft.com/azureml/minimal-py312-inference"),
            AzureField("conda_file", .condaFile, "Conda environment: a file, relative to this one, or its content."),
            AzureField("build", .object(build), "How the image is built."),
            AzureField("inference_config", .object(inferenceConfig), "Routes of the image's own server."),
            AzureField("os_type", .word(.lower("linux", "windows")), "Operating system. Default: linux."),
            AzureField("datastore", .text, "Datastore that the environment is uploaded to."),
            AzureField("id", .reference, "ID of a registered environment."),
            AzureField("auto_delete_setting", .object(autoDelete), "When the asset is deleted."),
        ] + readOnly(["creation_context", "latest_version", "intellectual_property"]))

    private static let build = AzureObject(
        "build",
        [
            AzureField("path", .buildFolder, "Build context: a folder, relative to this file, or a URL."),
            AzureField("dockerfile_path", .text, "Dockerfile in the build context. Default: Dockerfile."),
        ])

    private static let autoDelete = AzureObject(
        "auto_delete_setting",
        [
            AzureField(
                "condition", .word(.snake("created_greater_than", "last_accessed_greater_than")), "Kind of time limit."),
            AzureField("value", .text, "Length of the time limit."),
        ])

    private static let inferenceConfig = AzureObject(
        "inference_config",
        [
            ("liveness_route", "for liveness probes"), ("readiness_route", "for readiness probes"),
            ("scoring_route", "for scoring requests"),
        ]
        .map { key, use in
            AzureField(
                key,
                .object(
                    AzureObject(
                        key,
                        [
                            AzureField("port", .integer, required: true, "Port of the server.", example: "5001"),
                            AzureField("path", .text, required: true, "Path of the route.", example: "/score"),
                        ])), required: true, "Route \(use).", example: "{port: 5001, path: /score}")
        })

    private static func readOnly(_ keys: [String]) -> [AzureField] {
        keys.map { AzureField($0, .readOnly, "Shown by `az ml`; not used.") }
    }
}
