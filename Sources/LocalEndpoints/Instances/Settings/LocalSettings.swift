internal import AzureEndpoints
package import PlaybookSyntax
package import Rollouts
internal import SimulatedEndpoints

/// What a playbook says about the local backend: its mapping `backends.local`.
///
/// `{simulate: {NAME: PROFILE}, command: {NAME: [prog, arg]}, external: {NAME: URL or unix:PATH}}`; a deployment that is
/// not named is served by what it brings. So is one that is named under `simulate`, unless it brings nothing or its
/// profile says `replaces_code: true`. A command that needs more files than its words name is written
/// `{run: [prog, arg], files: [helper.py, data/]}`. `python` says where the Python of scoring scripts comes from
/// (``PythonChoice``). `incidents: [{at: 5m, for: 2m, errors: 20%}]` hits every simulated one.
package struct LocalSettings: Hashable, Sendable {
    package static let root = "backends.local"

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

    /// What a playbook may say under `backends.local`.
    static let shape = ObjectShape(
        "the settings",
        [
            Field(
                "simulate", named("simulate"),
                "Profiles of simulated servers, by deployment. A profile is ignored for a deployment that brings its own "
                    + "server, unless it sets replaces_code: true."),
            Field(
                "command", named("command"), "Programs that serve HTTP on $PORT, by deployment.",
                example: "{green: [./serve.sh, --fast]}"),
            Field(
                "external", named("external"), "Servers that already listen, by deployment.",
                example: "{green: \"http://127.0.0.1:9000\"}"),
            Field(Incident.key, Incident.shape, Incident.description),
            Field(
                standIns, .mapping(.anyOf([.text, .object(environment)])),
                "Local replacements for environments in Azure's registries, by name.",
                example: "{\"azureml://registries/azureml/environments/x/versions/1\": {conda_file: ./conda.yml}}"),
            Field(
                PythonChoice.key, PythonChoice.shape, "Python that runs scoring scripts.",
                example: "/opt/bin/python3.12"),
        ])

    private static func named(_ word: String) -> Shape { .mapping(InstanceChoice.shape(of: word), names: true) }

    private static let environment = ObjectShape(
        "an environment",
        [
            Field("image", .any, "Container image.", example: "x:1"),
            Field("conda_file", .any, "Path of the conda file.", example: "./conda.yml"),
            Field("inference_config", .any, "Routes of the container's own server."),
            Field("build", .any, "Build context of the image.", example: "{path: ./docker}"),
            Field("os_type", .any, "Operating system.", example: "Linux"),
        ])

    /// Reads the mapping; `null` is as good as nothing.
    package init(_ value: Value) throws(SettingsProblem) {
        let root = try SettingsReader(value, .object(Self.shape), root: Self.root)
        python = try PythonChoice(in: root)
        let incidents = try Incident.list(in: root)
        if !incidents.isEmpty, root.mapping("simulate")?.members.isEmpty != false {
            throw root.problem(Incident.key, "applies to simulated deployments, but simulate names none")
        }
        environments = root.mapping(Self.standIns)?.members ?? [:]
        var places: [Name: String] = [:]
        for word in InstanceChoice.words {
            guard let named = root.mapping(word) else { continue }
            for key in named.keys {
                let name = Name(key)
                let choice = try InstanceChoice(word, key, in: named)
                if let place = places.updateValue("\(word).\(key)", forKey: name) {
                    throw named.problem(
                        key, "names a deployment that \(place) already names: list it only once")
                }
                var members = [word: named.members[key] ?? .null]
                if case .command(let command) = choice {
                    members[word] = .list(command.arguments.map(Value.string))
                    if !command.files.isEmpty { members["files"] = .list(command.files.map(Value.string)) }
                }
                if case .simulate(var profile, let replacesCode) = choice, !incidents.isEmpty {
                    profile.incidents = incidents
                    members[Incident.key] = root.members[Incident.key]
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
