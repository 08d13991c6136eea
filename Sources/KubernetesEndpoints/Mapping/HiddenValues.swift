internal import FoundationEssentials
internal import RolloutEngine
internal import Rollouts

/// Hides values of environment variables in annotations: a password is stored only in the container itself.
///
/// A copy contains a digest instead, which shows whether the value was changed since it was applied.
enum HiddenValues {
    static let key = "digest"

    static func digest(of name: String, _ value: String) -> Value {
        .string(String(hexadecimalDigest(of: Data("\(name)\n\(value)".utf8)).prefix(16)))
    }

    /// A Deployment's `spec` without the values of its variables; any other `spec` unchanged.
    static func hidden(inSpec spec: Value) -> Value {
        edited(spec) { item in
            guard let name = item["name"]?.string, let value = item["value"]?.string else { return item }
            return ["name": .string(name), key: digest(of: name, value)]
        }
    }

    /// The `spec` to apply again, with the values from the `live` one.
    ///
    /// Variables that were removed there are left out.
    static func shown(inSpec spec: Value, live: Value) -> Value {
        let values = variables(in: live)
        return edited(spec) { item in
            guard let name = item["name"]?.string, item[key] != nil else { return item }
            return values[name].map { ["name": .string(name), "value": .string($0)] }
        }
    }

    /// The values of the server's environment variables.
    static func variables(in spec: Value) -> [String: String] {
        var values: [String: String] = [:]
        for container in spec[path: containers]?.list ?? [] {
            for item in container["env"]?.list ?? [] {
                if let name = item["name"]?.string { values[name] = item["value"]?.string }
            }
        }
        return values
    }

    private static let containers: ArraySlice = ["template", "spec", "containers"]

    private static func edited(_ spec: Value, _ edit: (Value) -> Value?) -> Value {
        guard let found = spec[path: containers]?.list else { return spec }
        var spec = spec
        spec[path: containers] = .list(
            found.map { container in
                var container = container
                if let items = container["env"]?.list { container[path: ["env"]] = .list(items.compactMap(edit)) }
                return container
            })
        return spec
    }
}

extension DeploymentDefinition {
    private static let variables: ArraySlice = ["environment_variables"]

    /// The definition as stored in the cluster, without the local folder and the values of its variables.
    var published: DeploymentDefinition {
        var published = self
        published.folder = nil
        guard case .mapping(let given)? = document[path: Self.variables] else { return published }
        published.document[path: Self.variables] = .mapping(
            Dictionary(
                uniqueKeysWithValues: given.map { name, value in
                    guard let word = value.word else { return (name, value) }
                    return (name, [HiddenValues.key: HiddenValues.digest(of: name, word), Self.kind: value.kind])
                }))
        return published
    }

    /// The definition with the variables' values from the container.
    ///
    /// Numbers and booleans keep the type that they had in the
    /// file.
    func showing(_ live: [String: String]) -> DeploymentDefinition {
        guard case .mapping(let hidden)? = document[path: Self.variables] else { return self }
        var shown = self
        shown.document[path: Self.variables] = .mapping(
            Dictionary(
                uniqueKeysWithValues: hidden.compactMap { name, value in
                    guard let digest = value[HiddenValues.key] else { return (name, value) }
                    guard let text = live[name] else { return nil }
                    let isSame = HiddenValues.digest(of: name, text) == digest
                    return (name, isSame ? Value(text, kind: value[Self.kind]) : .string(text))
                }))
        return shown
    }

    private static let kind = "kind"
}

extension Value {
    /// The type of a scalar in a file.
    fileprivate var kind: Value {
        switch self {
        case .integer: "integer"
        case .number: "number"
        case .bool: "bool"
        default: "string"
        }
    }

    fileprivate init(_ text: String, kind: Value?) {
        switch kind?.string {
        case "integer": self = Int(text).map(Value.integer) ?? .string(text)
        case "number": self = Double(text).map(Value.number) ?? .string(text)
        case "bool": self = .bool(text == "true")
        default: self = .string(text)
        }
    }
}
