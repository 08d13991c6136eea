internal import Rollouts

/// Reads `scale: {deployment: blue, instance_count: 2}`.
struct ScaleSyntax: ActionSyntax {
    let field = Field(
        "scale",
        .object(
            ObjectShape(
                "scale",
                [
                    Field("deployment", .name, required: true, "Name of the deployment.", example: "blue"),
                    Field(
                        "instance_count", .integer(0...1000), required: true, "Number of instances, 1 to 50.",
                        example: "2"),
                ])),
        "Changes a deployment's number of instances.")

    func read(_ node: Node, at word: Span, with reader: inout ActionReader) -> (StageAction, [PlacedName])? {
        guard let placed = reader.deploymentName(node), let count = node["instance_count"]?.scalar?.value.integer else {
            return nil
        }
        return (.scale(placed.name, instanceCount: count), [placed])
    }
}
