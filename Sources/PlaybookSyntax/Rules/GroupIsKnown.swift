internal import Rollouts

/// The group whose members may approve a stage exists.
///
/// Members are looked up on the machine where they decide. If this machine lacks the group, no one can approve from
/// here, and the stage waits for its timeout. This is a warning, since people may decide on other machines.
struct GroupIsKnown {
    static let name = String(describing: Self.self)

    /// Returns a finding if the group that the stage's approval names does not exist, which `exists` checks.
    static func finding(in stage: Node, of playbook: SourceFile, _ exists: (String) -> Bool) -> Finding? {
        guard let group = stage["approval"]?["group"], let text = group.scalar?.text, !exists(text) else { return nil }
        return Finding(
            .warning, name, at: Location(source: playbook, span: group.span),
            "this machine has no group \(text.quoted), so the stage cannot be approved here",
            help: "name a group that 'getent group' lists, or approve on a machine that has it")
    }
}
