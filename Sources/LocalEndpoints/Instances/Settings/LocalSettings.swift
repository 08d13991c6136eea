internal import AzureEndpoints
package import Rollouts
package import SimulatedEndpoints

/// What a playbook says about the local backend: its mapping `backends.local`.
///
/// `{simulate: {NAME: PROFILE}, command: {NAME: [prog, arg]}, external: {NAME: URL or unix:PATH}}`; a deployment that is
/// not named is served by what it brings. So is one that is named under `simulate`, unless it brings nothing or its
/// profile says `replaces_code: true`. A command that needs more files than its words name is written
/// `{run: [prog, arg], files: [helper.py, data/]}`. `python` says where the Python of scoring scripts comes from
/// (``PythonChoice``). `incidents: [{at: 5m, for: 2m, errors: 20%}]` hits every simulated one.
package struct LocalSettings: Hashable, Sendable {
    package static let root = "backends.local"
    private static let users = "users"

    /// Which server each deployment that is named is to run.
    package private(set) var choices: [Name: InstanceChoice] = [:]
    /// What stands on this machine for environments of Azure's registries: as an inline `environment`, or a name.
    package private(set) var environments: [String: Value] = [:]
    private static let standIns = "environments"
    /// Where the Python of scoring scripts comes from; nil where the playbook says nothing of it.
    package private(set) var python: PythonChoice?
    /// The same as it was written.
    private var written: [Name: Value] = [:]

    /// No deployment is named.
    package init() {}

    /// Reads the mapping; `null` is as good as nothing.
    package init(_ value: Value) throws(SettingsProblem) {
        let root = try SettingsReader(
            value,
            keys: InstanceChoice.words + [InstanceChoice.incidents, Self.users, Self.standIns, PythonChoice.key],
            root: Self.root)
        if root.members[Self.users] != nil {
            throw root.problem(
                Self.users,
                "is not possible here: the router of local endpoints draws a deployment for every request, whoever sends it; "
                    + "the simulated backend has users")
        }
        python = try PythonChoice(in: root)
        let incidents = try Incident.list(InstanceChoice.incidents, in: root)
        if !incidents.isEmpty, try root.mapping("simulate", keys: nil)?.members.isEmpty != false {
            throw root.problem(InstanceChoice.incidents, "hits simulated deployments, and simulate names none")
        }
        if let named = try root.mapping(Self.standIns, keys: nil) {
            for (key, value) in named.members {
                if value.string == nil {
                    _ = try named.mapping(key, keys: ["image", "conda_file", "inference_config", "build", "os_type"])
                }
            }
            environments = named.members
        }
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
                var members = [word: named.members[key] ?? .null]
                if case .command(let command) = choice {
                    members[word] = .list(command.arguments.map(Value.string))
                    if !command.files.isEmpty { members["files"] = .list(command.files.map(Value.string)) }
                }
                if case .simulate(var profile, let replacesCode) = choice, !incidents.isEmpty {
                    profile.incidents = incidents
                    members[InstanceChoice.incidents] = root.members[InstanceChoice.incidents]
                    choices[name] = .simulate(profile, replacesCode: replacesCode)
                } else {
                    choices[name] = choice
                }
                written[name] = .mapping(members)
            }
        }
    }

    /// What serves a deployment that brings `own`, for its definition (``DeploymentDefinition/serving``).
    ///
    /// Nil if it is not named, or if its own server serves it.
    package func serving(_ deployment: Name, bringing own: OwnServer? = nil) -> Value? {
        guard choices[deployment]?.counts(beside: own) == true else { return nil }
        return written[deployment]?.throughJSON
    }
}
