package import Rollouts

/// What the arms of every stage of a plan are told by, before it is run: the endpoint before the first stage or, where it
/// served nobody then, as the first stage left it that gave clients their 100 %.
///
/// A run remembers the same (``RunRecord/baseline``).
package struct AnalysisBaseline: Sendable {
    private var endpoint: EndpointSnapshot?

    /// - Parameter endpoint: before the first stage.
    package init(_ endpoint: EndpointSnapshot?) { self.endpoint = endpoint }

    /// Who would be analysed on the endpoint that a stage leaves; to be asked of every stage in turn.
    package mutating func arms(after snapshot: EndpointSnapshot?) -> AnalysisArms? {
        defer {
            if endpoint?.traffic.wanted.isEmpty ?? true, snapshot?.traffic.wanted.sum == 100 { endpoint = snapshot }
        }
        return AnalysisArms(on: snapshot, since: endpoint)
    }
}
