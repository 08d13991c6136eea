extension AzureObject {
    /// A managed online endpoint in Azure ML's YAML form.
    static let managedEndpoint = AzureObject("an endpoint file", AzureField.endpoint + [AzureField.publicAccess])

    /// A Kubernetes online endpoint: one whose file names its compute.
    static let kubernetesEndpoint = AzureObject("an endpoint file", AzureField.endpoint + [AzureField.compute])

    /// Either kind of endpoint.
    static let anyEndpoint = AzureObject(
        "an endpoint file", AzureField.endpoint + [AzureField.compute, AzureField.publicAccess])

    fileprivate static let identity = AzureObject(
        "identity",
        [
            AzureField(
                "type", .word(.snake("system_assigned", "user_assigned", "none")), required: true,
                "Kind of managed identity.", example: "system_assigned"),
            AzureField("principal_id", .text, "Object ID of the identity."),
            AzureField("tenant_id", .text, "Tenant of the identity."),
            AzureField(
                "user_assigned_identities", .list(.mapping(.text), atMost: 1),
                "User-assigned identity, as a list of one.", example: "[{resource_id: /subscriptions/…}]"),
        ])
}

extension AzureField {
    fileprivate static let endpoint = [
        AzureField("$schema", .readOnly, "JSON Schema of the file; not read."),
        AzureField(
            "name", .endpointName, required: true,
            "Name of the endpoint: 3 to 32 letters, digits and hyphens. --endpoint overrides it.",
            example: "my-endpoint", alternative: "pass --endpoint NAME"),
        AzureField("description", .text, "Description for people."),
        AzureField("tags", .words(), "Tags; each value is kept as text."),
        AzureField("properties", .words(), "Properties, which cannot be changed later; each value is kept as text."),
        AzureField(
            "auth_mode", .word(.snake("aml_token", "key", "aad_token")), "How clients authenticate. Default: key."),
        AzureField("identity", .object(.identity), "Managed identity of the endpoint."),
        AzureField(
            "traffic", .unused(.percents(atMost: 100)), "Not used: the playbook's stages set traffic."),
        AzureField(
            "mirror_traffic", .unused(.percents(atMost: nil)), "Not used: the playbook's stages set mirror traffic."),
        AzureField("id", .unused(.text), "Shown by `az ml online-endpoint show`; not used."),
        AzureField("kind", .readOnly, "Shown by `az ml online-endpoint show`; not used."),
        AzureField("location", .unused(.text), "Shown by `az ml online-endpoint show`; not used."),
        AzureField("openapi_uri", .unused(.text), "Shown by `az ml online-endpoint show`; not used."),
        AzureField("provisioning_state", .unused(.text), "Shown by `az ml online-endpoint show`; not used."),
        AzureField("scoring_uri", .unused(.text), "Shown by `az ml online-endpoint show`; not used."),
    ]

    fileprivate static let compute = AzureField(
        "compute", .reference, "Kubernetes compute target.", example: "azureml:my-cluster")

    fileprivate static let publicAccess = AzureField(
        "public_network_access", .word(.lower("enabled", "disabled")),
        "Whether clients can reach the endpoint from the internet. Default: enabled.")
}
