package import Rollouts

/// Lists how the desired state of `observed` differs from `expected`; health and progress are ignored.
package func differences(expected: Observation, observed: EndpointSnapshot?) -> [Difference] {
    switch (expected, observed) {
    case (.never, _), (.absent, nil): return []
    case (.absent, .some(let endpoint)):
        return [Difference(what: "endpoint \(endpoint.name)", expected: "absent", observed: "present")]
    case (.present(let endpoint), nil):
        return [Difference(what: "endpoint \(endpoint.name)", expected: "present", observed: "absent")]
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
        let fields = fieldDifferences(
            expected.definition.document, observed.definition.document, of: "endpoint \(expected.name)")
        found +=
            fields.isEmpty
            ? [Difference(what: "endpoint \(expected.name)", expected: "as defined", observed: "defined differently")]
            : fields
    }
    let names = Set(expected.deployments.map(\.name)).union(observed.deployments.map(\.name))
    for name in names.sorted() {
        switch (expected.deployment(name), observed.deployment(name)) {
        case (.some(let before), .some(let now)):
            compare("deployment \(name): instances", "\(before.instances.wanted)", "\(now.instances.wanted)")
            var definition = before.definition
            definition.instanceCount = now.definition.instanceCount
            guard definition != now.definition else { continue }
            let fields =
                fieldDifferences(
                    before.definition.document, now.definition.document, of: "deployment \(name)")
                + fieldDifferences(
                    before.definition.serving ?? .null, now.definition.serving ?? .null,
                    of: "deployment \(name): serving")
                + fieldDifferences(
                    before.definition.python ?? .null, now.definition.python ?? .null,
                    of: "deployment \(name): python")
            found +=
                fields.isEmpty
                ? [Difference(what: "deployment \(name)", expected: "as deployed", observed: "deployed differently")]
                : fields
        case (.some, nil): compare("deployment \(name)", "present", "absent")
        case (nil, .some): compare("deployment \(name)", "absent", "present")
        case (nil, nil): break
        }
    }
    return found
}

/// Lists the fields in which two files differ; the instance count is compared separately.
private func fieldDifferences(_ expected: Value, _ observed: Value, of what: String) -> [Difference] {
    guard case .mapping(let before) = expected, case .mapping(let now) = observed else {
        guard expected != observed else { return [] }
        return [Difference(what: what, expected: expected.shown, observed: observed.shown)]
    }
    return Set(before.keys).union(now.keys).sorted().flatMap { key -> [Difference] in
        guard key != "instance_count", before[key] != now[key] else { return [] }
        let field = what + (what.contains(":") ? "." : ": ") + key
        guard let before = before[key], let now = now[key] else {
            return [
                Difference(
                    what: field, expected: before[key]?.shown ?? "none", observed: now[key]?.shown ?? "none")
            ]
        }
        return fieldDifferences(before, now, of: field)
    }
}

extension Value {
    /// The value in one line for people: text as it is, everything else in JSON style.
    fileprivate var shown: String {
        switch self {
        case .null: "none"
        case .bool(let flag): "\(flag)"
        case .integer(let number): "\(number)"
        case .number(let number): "\(number)"
        case .string(let text): text
        case .list(let items): "[" + items.map(\.shown).joined(separator: ", ") + "]"
        case .mapping(let members):
            "{" + members.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value.shown)" }.joined(separator: ", ")
                + "}"
        }
    }
}
