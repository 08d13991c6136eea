internal import FoundationEssentials
package import Rollouts
package import SimulatedEndpoints

/// What a playbook says about the local backend: its mapping `backends.local`.
///
/// `{simulate: {NAME: PROFILE}, command: {NAME: [prog, arg]}, external: {NAME: URL or unix:PATH}}`; a deployment that is
/// not named runs its own scoring script.
package struct LocalSettings: Hashable, Sendable {
    package static let root = "backends.local"

    /// Which server each deployment that is named is to run.
    package private(set) var choices: [Name: InstanceChoice] = [:]
    /// The same as it was written, for the wire.
    private var properties: [Name: String] = [:]

    /// No deployment is named.
    package init() {}

    /// Reads the mapping; `null` is as good as nothing.
    package init(_ value: Value) throws(SettingsProblem) {
        let root = try SettingsReader(value, keys: InstanceChoice.words, root: Self.root)
        var places: [Name: String] = [:]
        for word in InstanceChoice.words {
            guard let named = try root.mapping(word, keys: nil) else { continue }
            for key in named.members.keys.sorted() {
                let name = Name(key)
                let choice = try InstanceChoice(word, key, in: named)
                if let place = places.updateValue("\(word).\(key)", forKey: name) {
                    throw named.problem(
                        key, "names a deployment that \(place) names already: it can be one of them only")
                }
                choices[name] = choice
                properties[name] = Self.json([word: named.members[key] ?? .null])
            }
        }
    }

    /// The JSON of the property ``InstanceChoice/key`` for a deployment, or nil where it isn't named.
    package func instanceProperty(for deployment: Name) -> String? { properties[deployment] }

    private static func json(_ members: [String: Value]) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return String(decoding: try encoder.encode(Value.mapping(members)), as: UTF8.self)
        } catch {
            // Only numbers that JSON lacks, infinity and NaN, cannot be written; the reader says what is wrong then.
            return "null"
        }
    }
}
