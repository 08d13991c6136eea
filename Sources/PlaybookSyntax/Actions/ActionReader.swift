internal import Rollouts

/// Reads the actions of a playbook's stages.
struct ActionReader {
    var files: NamedFiles
    let endpoint: Name?
    let override: Name?
    let kind: EndpointKind

    /// Returns the action and the deployments that it names, or `nil` if a finding already reports the problem.
    mutating func action(_ member: Node.Member) -> (action: StageAction, names: [PlacedName])? {
        Self.syntaxes.first { $0.field.key == member.key.text }?.read(member.value, at: member.key.span, with: &self)
    }

    /// Returns the values that override those of a define stage's endpoint file.
    func endpointOverrides(_ node: Node) -> FileOverrides {
        FileOverrides(endpoint: override, defaultEndpoint: endpoint, set: node["endpoint_set"])
    }

    /// The deployment that the action names under its key `deployment`.
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
