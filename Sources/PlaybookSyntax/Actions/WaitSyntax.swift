internal import Rollouts

/// Written `wait: {for: 10m}`.
struct WaitSyntax: ActionSyntax {
    let field = Field(
        "wait",
        .object(ObjectShape("wait", [Field("for", .duration(), required: true, "How long.", example: "10m")])),
        "Waits.")

    func read(_ node: Node, at word: Span, with reader: inout ActionReader) -> (StageAction, [PlacedName])? {
        node["for"]?.interval.map { (.wait($0), []) }
    }
}
