internal import Rollouts

/// How one kind of action is written in a playbook.
///
/// Each kind is a type in a file of its own, and a line in ``ActionReader/syntaxes``.
protocol ActionSyntax: Sendable {
    /// The word of the action, the shape of what stands behind it, and a sentence for people.
    var field: Field { get }

    /// The action behind `word`, with the deployments that it names and where; nil where a finding already says what is wrong.
    func read(_ node: Node, at word: Span, with reader: inout ActionReader) -> (StageAction, [PlacedName])?
}

extension ActionReader {
    static let syntaxes: [any ActionSyntax] = [
        DefineSyntax(), ScaleSyntax(), DeploySyntax(), InvokeSyntax(), MirrorTrafficSyntax(),
        TrafficSyntax(), DeleteSyntax(), WaitSyntax(), RunSyntax(),
    ]

    /// The words of the actions.
    static let words = syntaxes.map(\.field.key)
}
