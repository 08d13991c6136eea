package import RolloutStatistics

/// A condition for leaving a stage.
///
/// Each kind has a file of its own in every target that knows it: its values in Rollouts/Gates, its phases, events and
/// rules in RolloutEngine/Gates, its syntax in PlaybookSyntax/Gates, and its words in TurnoutCommands/Output/Gates.
package enum Gate: Hashable, Sendable {
    /// People say yes before the action.
    case approval(Approval)
    /// Live evidence after the action says so.
    case analysis(AnalysisSpecification)
    /// A fixed time under watch after the action.
    case bake(Interval)
}

extension Stage {
    /// The stage's gates, in the order in which they are passed.
    package var gates: [Gate] {
        var gates = approval.map { [Gate.approval($0)] } ?? []
        if let analysis {
            gates.append(.analysis(analysis))
        } else if bake > .zero {
            gates.append(.bake(bake))
        }
        return gates
    }
}
