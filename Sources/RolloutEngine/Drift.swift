package import Rollouts

/// How `observed` is not as `expected` says: what was asked of the endpoint, not its health or progress.
package func differences(expected: Observation, observed: EndpointSnapshot?) -> [Difference] {
    switch (expected, observed) {
    case (.never, _), (.absent, nil): return []
    case (.absent, .some(let endpoint)):
        return [Difference(what: "endpoint \(endpoint.name)", expected: "none", observed: "there")]
    case (.present(let endpoint), nil):
        return [Difference(what: "endpoint \(endpoint.name)", expected: "there", observed: "none")]
    case (.present(let expected), .some(let observed)): return differences(expected: expected, observed: observed)
    }
}

private func differences(expected: EndpointSnapshot, observed: EndpointSnapshot) -> [Difference] {
    var found: [Difference] = []
    func compare(_ what: String, _ expected: String, _ observed: String) {
        guard expected != observed else { return }
        found.append(Difference(what: what, expected: expected, observed: observed))
    }
    compare("traffic", "\(expected.traffic.wanted)", "\(observed.traffic.wanted)")
    compare("mirror traffic", "\(expected.mirrorTraffic.wanted)", "\(observed.mirrorTraffic.wanted)")
    if expected.definition != observed.definition {
        found.append(
            Difference(what: "endpoint \(expected.name)", expected: "as defined", observed: "defined otherwise"))
    }
    let names = Set(expected.deployments.map(\.name)).union(observed.deployments.map(\.name))
    for name in names.sorted() {
        switch (expected.deployment(name), observed.deployment(name)) {
        case (.some(let before), .some(let now)):
            compare("deployment \(name): instances", "\(before.instances.wanted)", "\(now.instances.wanted)")
            var definition = before.definition
            definition.instanceCount = now.definition.instanceCount
            compare(
                "deployment \(name)", "as deployed", definition == now.definition ? "as deployed" : "deployed otherwise"
            )
        case (.some, nil): compare("deployment \(name)", "there", "none")
        case (nil, .some): compare("deployment \(name)", "none", "there")
        case (nil, nil): break
        }
    }
    return found
}
