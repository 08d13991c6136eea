internal import Rollouts

/// A stage with the locations for findings about it.
struct PlacedStage {
    var stage: Stage
    let source: SourceFile
    let nameSpan: Span
    /// The action's keyword.
    let actionSpan: Span
    /// The value of the action's keyword.
    let action: Node
    /// The key `analysis`, if the stage has one.
    var analysis: Location?
    /// The names that the stage defines or uses, in the playbook and in other files.
    var names: [PlacedName]

    var actionLocation: Location { Location(source: source, span: actionSpan) }
    var argument: Location { Location(source: source, span: action.span) }

    /// Returns the location where the stage names a deployment; if it does not, that of its whole argument.
    func location(of name: Name) -> Location {
        names.first { $0.name == name && $0.what == "deployment" }?.location ?? argument
    }
}

/// The name of an endpoint or of a deployment, with its location.
struct PlacedName {
    var name: Name
    /// `endpoint` or `deployment`.
    var what: String
    var location: Location
}
