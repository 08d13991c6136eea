package import Rollouts

/// The next step to restore an endpoint to an earlier state.
package enum RestorationStep: Hashable, Sendable {
    case change(Change)
    /// The requested state has not been observed yet.
    case wait(reason: String)
    /// The endpoint is observed to be restored.
    case done
}

/// Returns the next step from `observed` back to `target`: first capacity, then traffic, then mirror traffic (P18).
///
/// A rollback (`everything` is false) restores the endpoint's definition, live and mirror traffic, and the deployments
/// that serve live traffic; it does not touch other deployments or larger instance counts. Undoing drift restores every
/// deployment exactly. Neither deletes what others added.
package func restorationStep(
    from observed: EndpointSnapshot?, to target: EndpointSnapshot?, everything: Bool
) -> RestorationStep {
    guard let target else { return withoutTarget(observed, everything: everything) }
    guard let observed else { return .change(.putEndpoint(target.definition)) }
    if observed.definition != target.definition { return .change(.putEndpoint(target.definition)) }
    for deployment in target.deployments where everything || target.traffic.wanted[deployment.name] != 0 {
        if let step = capacityStep(deployment, in: observed, exactly: everything) { return step }
    }
    let traffic = target.traffic.wanted
    if observed.traffic.wanted != traffic {
        return .change(Change.settingTraffic(traffic, on: observed)[0])
    }
    guard observed.traffic.actual == traffic else {
        return .wait(reason: "traffic to change from \(observed.traffic.actual) to \(traffic)")
    }
    let mirror = target.mirrorTraffic.wanted
    let mirrorIsPossible = mirror.deployments.allSatisfy { observed.deployment($0)?.isReady ?? false }
    let wantedMirror = mirrorIsPossible ? mirror : .none
    if observed.mirrorTraffic.wanted != wantedMirror { return .change(.setMirrorTraffic(wantedMirror)) }
    guard observed.mirrorTraffic.actual == wantedMirror else {
        return .wait(reason: "mirror traffic to change from \(observed.mirrorTraffic.actual) to \(wantedMirror)")
    }
    return .done
}

/// Returns the next step if there was no endpoint before: no deployment had traffic, so none keeps any.
private func withoutTarget(_ observed: EndpointSnapshot?, everything: Bool) -> RestorationStep {
    guard let observed else { return .done }
    if !observed.traffic.wanted.isEmpty { return .change(.setTraffic(.none)) }
    if !observed.mirrorTraffic.wanted.isEmpty { return .change(.setMirrorTraffic(.none)) }
    guard observed.traffic.actual.isEmpty, observed.mirrorTraffic.actual.isEmpty else {
        return .wait(reason: "traffic \(observed.traffic.actual) to end")
    }
    return .done
}

/// Returns the next step to give `deployment` its earlier capacity, or `nil` if it has it.
private func capacityStep(
    _ deployment: DeploymentSnapshot, in observed: EndpointSnapshot, exactly: Bool
) -> RestorationStep? {
    var definition = deployment.definition
    definition.instanceCount = deployment.instances.wanted
    guard let present = observed.deployment(definition.name), present.state != .deleting else {
        guard observed.deployment(definition.name) == nil else {
            return .wait(reason: "deployment \(definition.name) to be deleted, so that it can be created again")
        }
        return .change(.putDeployment(definition))
    }
    var sameSize = present.definition
    sameSize.instanceCount = definition.instanceCount
    if sameSize != definition || present.failure != nil && deployment.failure == nil {
        return .change(.putDeployment(definition))
    }
    let wanted = present.instances.wanted
    if exactly ? wanted != definition.instanceCount : wanted < definition.instanceCount {
        return .change(.scale(definition.name, instanceCount: definition.instanceCount))
    }
    guard !present.state.isBusy else {
        return .wait(reason: "deployment \(definition.name), which is \(present.state.rawValue)")
    }
    return nil
}
