internal import Rollouts

/// Reads `delete: {deployment: blue}` or `delete: {endpoint: true}`.
struct DeleteSyntax: ActionSyntax {
    let field = Field(
        "delete",
        .object(
            ObjectShape(
                "delete", oneOf: ["deployment", "endpoint"],
                [
                    Field("deployment", .name, "Name of the deployment, which must have no traffic.", example: "blue"),
                    Field(
                        "endpoint", .boolean,
                        "`true` deletes the endpoint and its deployments; the endpoint must have no traffic."),
                ])),
        "Deletes a deployment, or the endpoint with its deployments.")

    func read(_ node: Node, at word: Span, with reader: inout ActionReader) -> (StageAction, [PlacedName])? {
        guard case .mapping = node.content else { return nil }
        guard (node.member("deployment") != nil) != (node.member("endpoint") != nil) else {
            reader.report(
                "OneAction", word, "delete needs either a deployment or 'endpoint: true'",
                "write 'delete: {deployment: NAME}' or 'delete: {endpoint: true}'")
            return nil
        }
        if let flag = node["endpoint"], flag.scalar?.value.bool == false {
            reader.report(
                "ValueType", flag.span, "endpoint must be true, not false", "write 'endpoint: true'")
        }
        if let placed = reader.deploymentName(node) { return (.deleteDeployment(placed.name), [placed]) }
        return node["endpoint"]?.scalar?.value.bool == true ? (.deleteEndpoint, []) : nil
    }
}
