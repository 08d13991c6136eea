internal import Rollouts

/// Written `traffic: {blue: 90, green: 10}`.
struct TrafficSyntax: ActionSyntax {
    let field = Field(
        "traffic", .mapping(.percent, names: true),
        "Live traffic in percent by deployment, the sum 100 or 0; one that is not named gets 0.",
        example: "{blue: 90, green: 10}")

    func read(_ node: Node, at word: Span, with reader: inout ActionReader) -> (StageAction, [PlacedName])? {
        reader.traffic(node).map { (.traffic($0.traffic), $0.names) }
    }
}

extension ActionReader {
    /// Percents by deployment; nil where a finding already says what is wrong.
    func traffic(_ node: Node) -> (traffic: Traffic, names: [PlacedName])? {
        guard case .mapping(let members) = node.content else { return nil }
        var percents: [Name: Int] = [:]
        var names: [PlacedName] = []
        for member in members {
            guard let percent = member.value.percent else { return nil }
            let name = Name(member.key.text)
            guard percents.updateValue(percent, forKey: name) == nil else { return nil }
            names.append(placed(name, at: member.key.span))
        }
        return (Traffic(percents), names)
    }
}

extension Node {
    /// The percent that a scalar holds, or nil.
    fileprivate var percent: Int? {
        do throws(ValueProblem) { return try readPercent(scalar?.value ?? .null) } catch { return nil }
    }
}
