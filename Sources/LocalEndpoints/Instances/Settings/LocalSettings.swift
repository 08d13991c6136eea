internal import AzureEndpoints
package import PlaybookSyntax
package import Rollouts
internal import SimulatedEndpoints

/// The playbook's settings for the local backend, `backends.local`.
///
/// `{simulate: {NAME: PROFILE}, command: {NAME: [prog, arg]}, external: {NAME: URL or unix:PATH}}` names deployments.
/// Others are served by their own server, and so are deployments under `simulate` that bring one, unless the profile
/// sets `replaces_code: true`. A command with additional files is `{run: [prog, arg], files: [helper.py, data/]}`.
/// `python` chooses the Python for scoring scripts (``PythonChoice``). Incidents apply to all simulated deployments:
/// `incidents: [{at: 5m, for: 2m, errors: 20%}]`.
package struct LocalSettings: Hashable, Sendable {
    package static let root = "backends.local"

    /// The chosen servers, by deployment.
    package private(set) var choices: [Name: InstanceChoice] = [:]
    /// Local replacements for environments in Azure's registries: inline environments or names.
    package private(set) var environments: [String: Value] = [:]
    private static let replacementsKey = "environments"
    /// The Python for scoring scripts; nil if the playbook does not choose one.
    package private(set) var python: PythonChoice?
    /// The choices as they were written.
    private var written: [Name: Value] = [:]

    /// Creates settings that name no deployment.
    package init() {}

    /// The shape of `backends.local`.
    static let shape = ObjectShape(
        "the settings",
        [
            Field(
                "simulate", named("simulate"),
                "Profiles of simulated servers, by deployment. A profile is ignored for a deployment that brings its "
                    + "own server, unless it sets replaces_code: true."),
            Field(
                "command", named("command"), "Programs that serve HTTP on $PORT, by deployment.",
                example: "{green: [./serve.sh, --fast]}"),
            Field(
                "external", named("external"), "Servers that already listen, by deployment.",
                example: "{green: \"http://127.0.0.1:9000\"}"),
            Field(Incident.key, Incident.shape, Incident.description),
            Field(
                replacementsKey, .mapping(.anyOf([.text, .object(environment)])),
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

    /// Reads the mapping; null stands for an empty one.
    package init(_ value: Value) throws(SettingsProblem) {
        let root = try SettingsReader(value, .object(Self.shape), root: Self.root)
        python = try PythonChoice(in: root)
        let incidents = try Incident.list(in: root)
        if !incidents.isEmpty, root.mapping("simulate")?.members.isEmpty != false {
            throw root.problem(Incident.key, "applies to simulated deployments, but simulate names none")
        }
        environments = root.mapping(Self.replacementsKey)?.members ?? [:]
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

    /// The choice for a deployment that brings `own`, as it is saved in ``DeploymentDefinition/serving``.
    ///
    /// Nil if the deployment is not named, or if its own server is used.
    package func serving(_ deployment: Name, bringing own: OwnServer? = nil) -> Value? {
        guard choices[deployment]?.counts(beside: own) == true else { return nil }
        return written[deployment]?.normalizedByJSON
    }
}
