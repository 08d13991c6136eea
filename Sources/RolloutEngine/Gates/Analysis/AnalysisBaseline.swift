package import Rollouts

/// The earlier traffic that determines the arms of each stage of a plan, computed before it is run.
///
/// It is the endpoint's traffic before the first stage or, if nothing served clients then, after the first stage that
/// brought traffic to 100 %. A `define` that gives a deployment all traffic replaces it. A run applies the same rule.
package struct AnalysisBaseline: Sendable {
    private var traffic: Traffic

    /// - Parameter endpoint: The endpoint before the first stage.
    package init(_ endpoint: EndpointSnapshot?) { traffic = endpoint?.traffic.wanted ?? .none }

    /// Returns the arms of an analysis on the endpoint that a stage leaves; call it for every stage in order.
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
    /// The live traffic that a `define` sets.
    package var definedTraffic: Traffic? {
        self.as(DefineAction.self) == nil ? nil : liveTraffic
    }
}
