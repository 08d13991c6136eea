package import Rollouts
internal import Support

extension PlanPreview {
    /// Returns the differences between two states of an endpoint.
    package static func effects(from before: EndpointSnapshot?, to after: EndpointSnapshot?) -> [Effect] {
        var effects: [Effect] = []
        switch (before, after) {
        case (nil, nil): return []
        case (nil, .some(let after)):
            effects.append(
                Effect(sign: .create, what: "endpoint \(after.name)", after: "auth mode \(after.definition.authMode)"))
        case (.some(let before), nil):
            let deployments = before.deployments.map { Effect(sign: .delete, what: "deployment \($0.name)") }
            return deployments + [Effect(sign: .delete, what: "endpoint \(before.name)")]
        case (.some(let before), .some(let after)):
            effects += changes(
                of: "endpoint \(after.name)", from: before.definition.document, to: after.definition.document)
        }
        let names = Set(before?.deployments.map(\.name) ?? []).union(after?.deployments.map(\.name) ?? [])
        for name in names.sorted() {
            effects += Self.effects(on: name, from: before?.deployment(name), to: after?.deployment(name))
        }
        let traffic = (before?.traffic.wanted ?? .none, after?.traffic.wanted ?? .none)
        let mirror = (before?.mirrorTraffic.wanted ?? .none, after?.mirrorTraffic.wanted ?? .none)
        if mirror.0 != mirror.1 {
            effects.append(Effect(sign: .change, what: "mirror traffic", before: mirror.0.words, after: mirror.1.words))
        }
        if traffic.0 != traffic.1 {
            effects.append(Effect(sign: .change, what: "traffic", before: traffic.0.words, after: traffic.1.words))
        }
        return effects
    }

    private static func effects(
        on name: Name, from before: DeploymentSnapshot?, to after: DeploymentSnapshot?
    ) -> [Effect] {
        let what = "deployment \(name)"
        switch (before, after) {
        case (nil, nil): return []
        case (nil, .some(let after)): return [Effect(sign: .create, what: what, after: after.size)]
        case (.some, nil): return [Effect(sign: .delete, what: what)]
        case (.some(let before), .some(let after)):
            var effects = changes(of: what, from: before.definition.document, to: after.definition.document)
            effects += contents(of: what, from: before.definition.contents, to: after.definition.contents)
            effects += serving(of: what, from: before.definition, to: after.definition)
            effects += changes(
                of: "\(what): python", from: before.definition.python ?? [:], to: after.definition.python ?? [:])
            if before.instances.wanted != after.instances.wanted {
                effects.append(
                    Effect(
                        sign: .change, what: "\(what): instances", before: "\(before.instances.wanted)",
                        after: "\(after.instances.wanted)"))
            }
            if effects.isEmpty, before != after {
                effects.append(
                    Effect(sign: .change, what: what, before: before.state.rawValue, after: after.state.rawValue))
            }
            return effects
        }
    }

    /// Returns changes in the local files that a deployment uses, identified by their digests.
    private static func contents(
        of what: String, from before: LocalContents?, to after: LocalContents?
    ) -> [Effect] {
        let parts: [(name: String, digest: KeyPath<LocalContents, String?>)] = [
            ("code", \.code), ("environment", \.environment), ("model", \.model), ("command", \.command),
        ]
        return parts.compactMap { name, digest in
            let (old, new) = (before?[keyPath: digest], after?[keyPath: digest])
            guard old != new else { return nil }
            func words(_ digest: String?) -> String { digest.map { "files \($0.prefix(12))" } ?? "files unknown" }
            return Effect(sign: .change, what: "\(what): \(name)", before: words(old), after: words(new))
        }
    }

    /// Returns a change of what serves a deployment: `score.py of ./code → ./serve.sh`, or the changed keys of its
    /// simulated profile.
    private static func serving(
        of what: String, from present: DeploymentDefinition, to wanted: DeploymentDefinition
    ) -> [Effect] {
        let (before, after) = (present.serving, wanted.serving)
        guard before != after else { return [] }
        func words(_ definition: DeploymentDefinition) -> String {
            definition.server?.cut(to: 60) ?? "as defined in its file"
        }
        guard let old = before?["simulate"]?.members, let new = after?["simulate"]?.members else {
            return [Effect(sign: .change, what: "\(what): serves", before: words(present), after: words(wanted))]
        }
        // Incidents are listed next to the profile, and affect all deployments.
        let (incidents, later) = (before?["incidents"], after?["incidents"])
        return changes(of: "\(what): simulated", from: .mapping(old), to: .mapping(new))
            + (incidents == later
                ? [] : changes(of: "\(what): incidents", from: incidents ?? .null, to: later ?? .null))
    }

    /// Returns every changed key of a file, by its path, except `instance_count`, which is reported as instances.
    private static func changes(of what: String, from before: Value, to after: Value) -> [Effect] {
        differences(before, after, path: "").filter { $0.path != "instance_count" }.map { path, before, after in
            Effect(
                sign: .change, what: path.isEmpty ? what : "\(what): \(path)", before: before?.brief ?? "absent",
                after: after?.brief ?? "absent")
        }
    }

    private static func differences(
        _ before: Value?, _ after: Value?, path: String
    ) -> [(path: String, before: Value?, after: Value?)] {
        guard before != after else { return [] }
        guard case .mapping(let old)? = before, case .mapping(let new)? = after else { return [(path, before, after)] }
        return Set(old.keys).union(new.keys).sorted().flatMap { key in
            differences(old[key], new[key], path: path.isEmpty ? key : "\(path).\(key)")
        }
    }
}

extension DeploymentSnapshot {
    /// `Standard_DS3_v2, 2 instances`.
    package var size: String {
        let count = instances.wanted
        let instances = count.counted("instance")
        return definition.instanceType.map { "\($0), \(instances)" } ?? instances
    }
}

extension Value {
    /// The value on one line, at most 60 characters.
    fileprivate var brief: String {
        let text: String =
            switch self {
            case .null: "null"
            case .bool(let flag): "\(flag)"
            case .integer(let number): "\(number)"
            case .number(let number): "\(number)"
            case .string(let text): text
            case .list(let items): "[" + items.map(\.brief).joined(separator: ", ") + "]"
            case .mapping(let members):
                "{" + members.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value.brief)" }.joined(separator: ", ")
                    + "}"
            }
        return text.cut(to: 60)
    }
}

extension Value {
    /// The members of a mapping; null counts as an empty mapping, and other values have none (nil).
    fileprivate var members: [String: Value]? {
        switch self {
        case .null: [:]
        case .mapping(let members): members
        default: nil
        }
    }
}
