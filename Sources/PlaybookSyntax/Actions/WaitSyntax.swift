internal import Rollouts

/// Reads `wait: {for: 10m}`.
struct WaitSyntax: ActionSyntax {
    let field = Field(
        "wait",
        .object(ObjectShape("wait", [Field("for", .duration(), required: true, "How long to wait.", example: "10m")])),
        "Waits for a fixed time.")

    func read(_ node: Node, at word: Span, with reader: inout ActionReader) -> (StageAction, [PlacedName])? {
        node["for"]?.interval.map { (.wait($0), []) }
    }
}
