package import Rollouts

/// The traffic that the arms of every stage of a plan are told by, before it is run: that of the endpoint before the first
/// stage or, where it served nobody then, of the first stage that gave clients their 100 %; and whatever it is, a `define`
/// that gives a deployment all traffic says who serves from then on.
///
/// A run goes by the same.
package struct AnalysisBaseline: Sendable {
    private var traffic: Traffic

    /// - Parameter endpoint: before the first stage.
    package init(_ endpoint: EndpointSnapshot?) { traffic = endpoint?.traffic.wanted ?? .none }

    /// Who would be analysed on the endpoint that a stage leaves; to be asked of every stage in turn.
    package mutating func arms(after action: StageAction, on snapshot: EndpointSnapshot?) -> AnalysisArms? {
        defer {
            if let defined = action.definedTraffic {
                traffic = defined
            } else if traffic.isEmpty, let wanted = snapshot?.traffic.wanted, wanted.sum == 100 {
                traffic = wanted
            }
        }
        return AnalysisArms(on: snapshot, since: traffic)
    }
}

extension StageAction {
    /// The traffic of a `define` that says who serves.
    package var definedTraffic: Traffic? {
        self.as(DefineAction.self) == nil ? nil : liveTraffic
    }
}
