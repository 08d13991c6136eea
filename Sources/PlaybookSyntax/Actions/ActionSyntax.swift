internal import Rollouts

/// The syntax of one kind of action.
///
/// Each kind is a type in its own file, and a line in ``ActionReader/syntaxes``.
protocol ActionSyntax: Sendable {
    /// The action's keyword, the shape of its value, and a description for users.
    var field: Field { get }

    /// Returns the action of the keyword at `word` and the deployments that it names with their locations, or `nil` if
    /// a finding already reports the problem.
    func read(_ node: Node, at word: Span, with reader: inout ActionReader) -> (StageAction, [PlacedName])?
}

extension ActionReader {
    static let syntaxes: [any ActionSyntax] = [
        DefineSyntax(), ScaleSyntax(), DeploySyntax(), InvokeSyntax(), MirrorTrafficSyntax(),
        TrafficSyntax(), DeleteSyntax(), WaitSyntax(), RunSyntax(),
    ]

    /// The keywords of all actions.
    static let words = syntaxes.map(\.field.key)
}
