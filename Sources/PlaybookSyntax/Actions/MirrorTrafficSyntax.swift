internal import Rollouts

/// Written `mirror_traffic: {green: 10}`.
struct MirrorTrafficSyntax: ActionSyntax {
    let field = Field(
        "mirror_traffic", .mapping(.percent, names: true),
        "Copies this percent of live requests to one deployment; {} stops it.", example: "{green: 10}")

    func read(_ node: Node, at word: Span, with reader: inout ActionReader) -> (StageAction, [PlacedName])? {
        reader.traffic(node).map { (.mirrorTraffic($0.traffic), $0.names) }
    }
}
