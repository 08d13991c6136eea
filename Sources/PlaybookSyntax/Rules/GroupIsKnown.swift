internal import Rollouts

/// The group whose members may approve a stage exists.
///
/// The group is one of the machine on which people decide. If this machine lacks it, no one can approve from here, and
/// the stage waits until its time is over. It is a warning, since people may decide on other machines.
struct GroupIsKnown {
    static let name = String(describing: Self.self)

    /// What is wrong with the group that the stage's approval names; `exists` says which there are.
    static func finding(in stage: Node, of playbook: SourceFile, _ exists: (String) -> Bool) -> Finding? {
        guard let group = stage["approval"]?["group"], let text = group.scalar?.text, !exists(text) else { return nil }
        return Finding(
            .warning, name, at: Location(source: playbook, span: group.span),
            "this machine has no group \(text.quoted), so that nobody can approve the stage on it",
            help: "name a group that 'getent group' lists, or decide where there is one")
    }
}
