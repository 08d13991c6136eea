internal import Rollouts

/// Reads `define: {endpoint_file: FILE, deployment_file: FILE, all_traffic: true}`.
struct DefineSyntax: ActionSyntax {
    let field = Field(
        "define",
        .object(
            ObjectShape(
                "define",
                [
                    Field(
                        "endpoint_file", .path, required: true, "Path of the endpoint file, in Azure ML's YAML form.",
                        example: "samples/endpoint.yml"),
                    Field("deployment_file", .path, "Path of the first deployment's file, in Azure ML's YAML form."),
                    Field("all_traffic", .boolean, "Give that deployment all live traffic. Default: false."),
                    .deploymentName, .deploymentValues,
                    Field(
                        "endpoint_set", .mapping(.any),
                        "Overrides for the endpoint file, by dotted key, as in `az ml online-endpoint create --set`.",
                        example: "{auth_mode: aad_token}"),
                ])),
        "Creates or updates the endpoint and, with `deployment_file`, its first deployment.")

    func read(_ node: Node, at word: Span, with reader: inout ActionReader) -> (StageAction, [PlacedName])? {
        let deploymentNode = node["deployment_file"]
        for key in ["name", "set"] where deploymentNode == nil {
            guard let member = node.member(key) else { continue }
            reader.report(
                "Set", member.key.span, "\(key) needs a deployment, but the stage defines none",
                key == "set" ? "add 'deployment_file: …', or write 'endpoint_set'" : "add 'deployment_file: …'")
        }
        let placed = reader.files.endpoint(
            at: node["endpoint_file"], reader.endpointOverrides(node), kind: reader.kind)
        let deployment = reader.files.deployment(
            at: deploymentNode, reader.deploymentOverrides(node), kind: reader.kind)
        let allTraffic = node["all_traffic"]?.scalar?.value.bool ?? false
        if allTraffic, deploymentNode == nil, let place = node.member("all_traffic")?.key.span {
            reader.report(
                "AllTraffic", place, "all_traffic needs a deployment", "add 'deployment_file: …'")
        }
        guard let placed, deploymentNode == nil || deployment != nil else { return nil }
        if let endpoint = reader.endpoint, reader.override == nil, placed.definition.name != endpoint,
            let place = placed.names.first?.location
        {
            reader.files.report(
                "EndpointName", place,
                "the file defines endpoint '\(placed.definition.name)', but the playbook's endpoint is '\(endpoint)'",
                help: "write 'name: \(endpoint)', or override both with --endpoint")
        }
        return (
            .define(placed.definition, deployment: deployment?.definition, allTraffic: allTraffic),
            placed.names + (deployment?.names ?? [])
        )
    }
}
