internal import Rollouts
internal import Support

/// Warns about what a plan does to the deployments that serve clients when it begins.
///
/// A playbook that was written for a live `blue` obeys all rules, yet brings back an old version if an earlier run has
/// left `green` live. `check` cannot detect this, because it does not observe the endpoint.
struct ServingImpact {
    /// The endpoint's traffic at the start.
    private let served: Traffic
    /// Whether any stage so far has a test, a gate or a wait.
    private var hasChecked: Bool

    /// `done` are the stages that precede the first one to check.
    init(_ observed: EndpointSnapshot?, after done: some Sequence<Stage>) {
        served = observed?.traffic.wanted ?? .none
        hasChecked = done.contains { $0.skip == nil && $0.looks }
    }

    /// Returns warnings as fragments that follow the stage's name.
    ///
    /// Call it for the stages in order.
    mutating func warnings(
        of stage: Stage, from before: EndpointSnapshot?, to after: EndpointSnapshot?
    ) -> [String] {
        defer { hasChecked = hasChecked || stage.looks }
        guard let before, let after else { return [] }
        return served.deployments.flatMap { name -> [String] in
            [
                stage.approval != nil || hasChecked ? nil : takeover(of: name, from: before, to: after),
                replacement(of: name, from: before, to: after), shrinking(of: name, from: before, to: after),
            ].compactMap(\.self)
        }
    }

    private func takeover(of name: Name, from before: EndpointSnapshot, to after: EndpointSnapshot) -> String? {
        let (old, new) = (before.traffic.wanted, after.traffic.wanted)
        guard old[name] > 0, new[name] == 0, !new.isEmpty else { return nil }
        let others = new.deployments.map(\.text).joined(separator: " and ")
        return "moves the \(old[name]) % of clients that \(name) serves now to \(others), before any test or approval"
    }

    private func replacement(of name: Name, from before: EndpointSnapshot, to after: EndpointSnapshot) -> String? {
        guard let old = before.deployment(name), var new = after.deployment(name)?.definition else { return nil }
        new.instanceCount = old.definition.instanceCount
        guard old.definition != new else { return nil }
        return "replaces \(name), which serves \(served[name]) % of clients now, with another version"
    }

    private func shrinking(of name: Name, from before: EndpointSnapshot, to after: EndpointSnapshot) -> String? {
        guard let old = before.deployment(name)?.instances.wanted, let new = after.deployment(name)?.instances.wanted,
            new < old, after.traffic.wanted[name] > 0
        else { return nil }
        return "scales \(name), which serves clients, from \(old) to \(new.counted("instance"))"
    }
}

extension Stage {
    fileprivate var looks: Bool {
        isGated || action.kind == .wait || action.invocation != nil
    }
}
