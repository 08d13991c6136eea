internal import PlaybookSyntax
internal import RolloutEngine
internal import Rollouts

/// Every backend of this build, the default first; `--backend` takes their names.
let knownBackends: [any KnownBackend.Type] = [
    LocalWorld.self, SimulatedWorld.self, KubernetesWorld.self, AzureWorld.self,
]

/// A backend as a user names it: what it can do, and how it is opened.
protocol KnownBackend: OpenBackend {
    /// The word for it: `simulated`.
    static var name: String { get }
    /// What may stand behind a colon, as in `simulated:kubernetes`; none where there is one kind only.
    static var kinds: [EndpointKind] { get }

    /// What it can do, before it is opened, with a playbook's mapping `backends.NAME` (`null`: none).
    static func capabilities(of kind: EndpointKind, settings: Value) -> Capabilities

    /// What is wrong with a playbook's mapping `backends.NAME`, or nil.
    static func problem(in settings: Value, kind: EndpointKind) -> SettingsFault?

    /// The settings that count where the playbook says `settings` and flags say `flags`.
    static func settled(_ settings: Value, flags: [String: String]) -> Value

    /// An action with what of the settings is part of what it wants; else they would be in no plan.
    static func settled(_ action: StageAction, settings: Value) -> StageAction

    /// Whether the files that a deployment names are brought to it.
    static var takesFiles: Bool { get }

    /// Looks registered assets up without opening the backend; nil where that is not possible.
    ///
    /// Paths in the settings are relative to `folder`, the playbook's.
    static func assets(settings: Value, folder: String, in workspace: Workspace) -> AssetLookup?

    /// The backend whose settings say what serves deployments (`python`, `serving`), where that is another one.
    static var servers: (any KnownBackend.Type)? { get }

    /// Looks at what this machine has for scoring scripts; nil where the backend does not run them here.
    ///
    /// Paths in the settings are relative to `folder`, the playbook's.
    static func python(settings: Value, folder: String) -> PythonLookup?

    /// What a playbook's settings say that serves a deployment, which may bring a server of its own
    /// (``DeploymentDefinition/serving``).
    static func serving(_ deployment: Name, bringing own: OwnServer?, settings: Value) -> Value?

    /// Set where deployments are brought to a cluster.
    static var cluster: ClusterFit? { get }

    /// Which of several places with endpoints the settings lead to: leases are of endpoints in places. Nil where there is
    /// one, or where opening it will say what is wrong.
    static func place(of settings: Value) -> String?

    /// Opens it for a command.
    static func open(_ opening: BackendOpening) async throws -> any OpenBackend

    /// The time in its world, without opening it.
    static func time(in workspace: Workspace) throws -> Timestamp
}

extension KnownBackend {
    static var kinds: [EndpointKind] { [] }
    static var cluster: ClusterFit? { nil }
    static func place(of settings: Value) -> String? { nil }
    static func time(in workspace: Workspace) throws -> Timestamp { SystemClock().now() }
    static func settled(_ settings: Value, flags: [String: String]) -> Value { settings }
    static func settled(_ action: StageAction, settings: Value) -> StageAction { action }
    static var takesFiles: Bool { false }
    static var servers: (any KnownBackend.Type)? { nil }
    static func assets(settings: Value, folder: String, in workspace: Workspace) -> AssetLookup? { nil }
    static func python(settings: Value, folder: String) -> PythonLookup? { nil }
    static func serving(_ deployment: Name, bringing own: OwnServer?, settings: Value) -> Value? { nil }

    /// All that a user may write.
    static var names: [String] { [name] + kinds.map { "\(name):\($0.rawValue)" } }
}

/// What a backend is opened for.
struct BackendOpening {
    enum Use: Hashable {
        /// Nothing is changed, and no server is started.
        case look
        /// Changes and requests.
        case work
    }

    var selection: BackendSelection
    /// The plan that is run or looked at; nil where there is none.
    var plan: Plan?
    var use: Use
    var workspace: Workspace
}
