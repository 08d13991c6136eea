internal import Rollouts

/// Reads `traffic: {blue: 90, green: 10}`.
struct TrafficSyntax: ActionSyntax {
    let field = Field(
        "traffic", .mapping(.percent, names: true),
        "Percentage of live traffic by deployment. The sum must be 100 or 0; a deployment that is not listed gets 0.",
        example: "{blue: 90, green: 10}")

    func read(_ node: Node, at word: Span, with reader: inout ActionReader) -> (StageAction, [PlacedName])? {
        reader.traffic(node).map { (.traffic($0.traffic), $0.names) }
    }
}

extension ActionReader {
    /// Returns percentages by deployment, or `nil` if a finding already reports the problem.
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
    /// The percentage that a scalar holds, or `nil`.
    fileprivate var percent: Int? {
        do throws(ValueProblem) { return try readPercent(scalar?.value ?? .null) } catch { return nil }
    }
}
