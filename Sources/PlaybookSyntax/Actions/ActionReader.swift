internal import Rollouts

/// What the actions of a playbook are read with.
struct ActionReader {
    var files: NamedFiles
    let endpoint: Name?
    let override: Name?
    let kind: EndpointKind

    /// The action, with the deployments that it names; nil where a finding already says what is wrong.
    mutating func action(_ member: Node.Member) -> (action: StageAction, names: [PlacedName])? {
        Self.syntaxes.first { $0.field.key == member.key.text }?.read(member.value, at: member.key.span, with: &self)
    }

    /// What replaces values in a define stage's endpoint file.
    func endpointOverrides(_ node: Node) -> FileOverrides {
        FileOverrides(endpoint: override, usualEndpoint: endpoint, set: node["endpoint_set"])
    }

    /// The deployment that the action names by its key `deployment`.
    func deploymentName(_ node: Node) -> PlacedName? {
        guard let deployment = node["deployment"], let name = deployment.name else { return nil }
        return placed(name, at: deployment.span)
    }

    func placed(_ name: Name, at span: Span) -> PlacedName {
        PlacedName(name: name, what: "deployment", location: Location(source: files.playbook, span: span))
    }

    mutating func report(_ rule: String, _ span: Span, _ message: String, _ help: String) {
        files.report(rule, Location(source: files.playbook, span: span), message, help: help)
    }
}

extension Node {
    /// The duration that a scalar holds, or nil.
    var interval: Interval? { scalar?.value.interval }
}
