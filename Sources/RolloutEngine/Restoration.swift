package import Rollouts

/// What must happen next to bring an endpoint back to what it was.
package enum RestorationStep: Hashable, Sendable {
    case change(Change)
    /// What was asked for is not observed yet.
    case wait(reason: String)
    /// The endpoint is observed to be so.
    case done
}

/// The next step from `observed` back to `target`: first capacity, then traffic, then the mirror (P18).
///
/// Rolling back (`everything` false) restores the endpoint's definition, live and mirrored traffic and the deployments
/// that serve it; it leaves other deployments and larger instance counts alone. Undoing drift restores every deployment
/// as it was. Neither deletes what others added.
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
        return .wait(reason: "traffic \(observed.traffic.actual) to become \(traffic)")
    }
    let mirror = target.mirrorTraffic.wanted
    let mirrorIsPossible = mirror.deployments.allSatisfy { observed.deployment($0)?.isReady ?? false }
    let wantedMirror = mirrorIsPossible ? mirror : .none
    if observed.mirrorTraffic.wanted != wantedMirror { return .change(.setMirrorTraffic(wantedMirror)) }
    guard observed.mirrorTraffic.actual == wantedMirror else {
        return .wait(reason: "mirror traffic \(observed.mirrorTraffic.actual) to become \(wantedMirror)")
    }
    return .done
}

/// Where there was no endpoint: nobody had traffic, so nobody keeps any.
private func withoutTarget(_ observed: EndpointSnapshot?, everything: Bool) -> RestorationStep {
    guard let observed else { return .done }
    if !observed.traffic.wanted.isEmpty { return .change(.setTraffic(.none)) }
    if !observed.mirrorTraffic.wanted.isEmpty { return .change(.setMirrorTraffic(.none)) }
    guard observed.traffic.actual.isEmpty, observed.mirrorTraffic.actual.isEmpty else {
        return .wait(reason: "traffic \(observed.traffic.actual) to end")
    }
    return .done
}

/// What `deployment` still lacks in `observed`, or nil.
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
