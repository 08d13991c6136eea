internal import RolloutEngine
internal import Rollouts

/// Names of endpoints and deployments follow Azure's rules.
///
/// They have 3 to 32 letters, digits and hyphens, begin with a letter and do not end with a hyphen. On Kubernetes they
/// become names of objects, so their letters are lowercase. An invalid name is refused when it is created, in the
/// middle of a rollout. Names in traffic are checked only if the playbook does not create them.
struct ValidNames: PlaybookRule {
    static let needsOnlyStage = true

    func check(_ moment: Moment) -> [Finding] {
        let action = moment.stage.stage.action
        guard action.endpoint != nil || action.deployment != nil || !moment.isStateComplete else { return [] }
        return moment.stage.names.compactMap { Self.finding(for: $0, kind: moment.capabilities.kind) }
    }

    /// Returns a finding if a name is invalid.
    static func finding(for name: PlacedName, kind: EndpointKind) -> Finding? {
        guard let violation = NamingRule().violation(of: name.name, what: name.what, kind: kind) else { return nil }
        if let placeholder = Placeholder(in: name.name.text) {
            return Finding(.error, "Placeholder", at: name.location, placeholder.message, help: placeholder.help)
        }
        return Finding(.error, Self.name, at: name.location, violation.message, help: .help)
    }
}

extension String {
    fileprivate static let help =
        "names have 3 to 32 letters, digits and hyphens, begin with a letter and do not end with a "
        + "hyphen; on Kubernetes all letters are lowercase"
}
