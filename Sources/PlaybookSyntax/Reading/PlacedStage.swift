internal import Rollouts

/// A stage that was read, with the places that findings about it point to.
struct PlacedStage {
    var stage: Stage
    let source: SourceFile
    let nameSpan: Span
    /// The action's word.
    let actionSpan: Span
    /// What stands behind the action's word.
    let action: Node
    /// The key `analysis`, where the stage has one.
    var analysis: Location?
    /// Names that the stage gives or uses, wherever they are written.
    var names: [PlacedName]

    var actionLocation: Location { Location(source: source, span: actionSpan) }
    var argument: Location { Location(source: source, span: action.span) }

    /// Where the stage names a deployment; its whole argument where it does not.
    func location(of name: Name) -> Location {
        names.first { $0.name == name && $0.what == "deployment" }?.location ?? argument
    }
}

/// A name of an endpoint or of a deployment, where it is written.
struct PlacedName {
    var name: Name
    /// `endpoint` or `deployment`.
    var what: String
    var location: Location
}
