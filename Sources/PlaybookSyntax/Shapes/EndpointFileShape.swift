extension ObjectShape {
    /// An endpoint in Azure ML's YAML form (AZURE.md, Files).
    static let endpointFile = ObjectShape(
        "an endpoint file",
        [
            Field("$schema", .text, "Where the form is described."),
            Field("name", .name, required: true, "3 to 32 letters, digits and hyphens.", example: "my-endpoint"),
            Field("description", .text, "What it is for."),
            Field("tags", .mapping(.word), "Labels."),
            Field("properties", .mapping(.any), "Properties that cannot be changed later."),
            Field("auth_mode", .choice(["key", "aml_token", "aad_token"]), "How clients prove who they are."),
            Field("compute", .text, "The Kubernetes compute target.", example: "azureml:my-cluster"),
            Field("identity", .object(.identity), "The endpoint's own identity."),
            Field("traffic", .mapping(.percent, names: true), "Cannot be set when an endpoint is created."),
            Field("mirror_traffic", .mapping(.percent, names: true), "Cannot be set when an endpoint is created."),
            Field("public_network_access", .choice(["enabled", "disabled"]), "Whether the internet can reach it."),
        ])

    private static let identity = ObjectShape(
        "identity",
        [
            Field("type", .choice(["system_assigned", "user_assigned"]), "Which kind of identity."),
            Field("user_assigned_identities", .list(.any), "The identities."),
        ])
}
