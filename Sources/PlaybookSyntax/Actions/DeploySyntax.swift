internal import Rollouts

/// Reads `deploy: {deployment_file: FILE}`.
struct DeploySyntax: ActionSyntax {
    let field = Field(
        "deploy",
        .object(
            ObjectShape(
                "deploy",
                [
                    Field(
                        "deployment_file", .path, required: true,
                        "Path of the deployment file, in Azure ML's YAML form.",
                        example: "samples/green-deployment.yml"),
                    Field(
                        "instance_count", .integer(0...1000),
                        "Number of instances, 1 to 50. Default: that of the deployment file."),
                    .deploymentName, .deploymentValues,
                ])),
        "Creates or updates a deployment; a new one gets no traffic.")

    func read(_ node: Node, at word: Span, with reader: inout ActionReader) -> (StageAction, [PlacedName])? {
        var overrides = reader.deploymentOverrides(node)
        overrides.instanceCount = node["instance_count"]?.scalar?.value.integer
        return reader.files.deployment(at: node["deployment_file"], overrides, kind: reader.kind).map { placed in
            (.deploy(placed.definition), placed.names)
        }
    }
}

/// The keys that `define` and `deploy` have in common.
extension Field {
    static let deploymentName = Field(
        "name", .name, "Name of the deployment, or one of the roles. Default: the name in the deployment file.",
        example: "${{ candidate }}")

    static let deploymentValues = Field(
        "set", .mapping(.any),
        "Overrides for the deployment file, by dotted key, as in `az ml online-deployment create --set`; paths are "
            + "relative to that file.",
        example: "{request_settings.request_timeout_ms: 60000, instance_count: 3}")
}

extension ActionReader {
    /// Returns the overrides for the stage's deployment file.
    func deploymentOverrides(_ node: Node) -> FileOverrides {
        FileOverrides(endpoint: override, defaultEndpoint: endpoint, name: node["name"], set: node["set"])
    }
}
