internal import Rollouts

/// Translates between `resources` of a Kubernetes deployment's file and `containerResourceRequirements` on the wire.
enum ContainerResources {
    private static let parts = [
        ("requests", "containerResourceRequests"), ("limits", "containerResourceLimits"),
    ]
    private static let amounts = [("cpu", "cpu"), ("memory", "memory"), ("nvidia.com/gpu", "gpu")]

    static func wire(_ document: Value) -> Value {
        translated(document, parts: parts, amounts: amounts) ?? [:]
    }

    static func document(_ wire: Value) -> Value? {
        translated(wire, parts: parts.map { ($1, $0) }, amounts: amounts.map { ($1, $0) })
    }

    private static func translated(
        _ value: Value, parts: [(from: String, to: String)], amounts: [(from: String, to: String)]
    ) -> Value? {
        var translated: [String: Value?] = [:]
        for part in parts {
            guard let given = value[part.from] else { continue }
            let members = amounts.map { ($0.to, given[$0.from]?.word.map(Value.string)) }
            translated[part.to] = .present(Dictionary(uniqueKeysWithValues: members))
        }
        return .present(translated)
    }
}
