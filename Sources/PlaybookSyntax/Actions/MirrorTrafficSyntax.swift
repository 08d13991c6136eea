internal import Rollouts

/// Reads `mirror_traffic: {green: 10}`.
struct MirrorTrafficSyntax: ActionSyntax {
    let field = Field(
        "mirror_traffic", .mapping(.percent, names: true),
        "Copies a percentage of live requests, 1 to 50, to one deployment; `{}` stops mirroring.",
        example: "{green: 10}")

    func read(_ node: Node, at word: Span, with reader: inout ActionReader) -> (StageAction, [PlacedName])? {
        reader.traffic(node).map { (.mirrorTraffic($0.traffic), $0.names) }
    }
}
