package import RolloutEngine
package import Rollouts

/// A backend as users name it: what it can do, what it makes of a playbook's settings, and how it is opened.
///
/// A backend target exports one, and the list of the executable has one value of each: nothing else knows backends by
/// name. Settings are what a playbook says under `backends.NAME`, `null` where it says nothing; paths in them are
/// relative to `folder`, the playbook's. `state` is the folder of state.
package protocol BackendPlugin: Sendable {
    /// The word for it: `simulated`.
    var name: String { get }
    /// What may stand behind a colon, as in `simulated:kubernetes`; empty where there is one kind only.
    var kinds: [EndpointKind] { get }
    /// The settings that options of a command line may say as well: `context`.
    var options: [String] { get }

    /// What a playbook may say under `backends.NAME`.
    var settingsShape: Shape { get }

    /// What it can do, before it is opened.
    func capabilities(of kind: EndpointKind, settings: Value) -> Capabilities
    /// What is wrong with settings that fit their shape, or nil: what must hold between them, or of what they name.
    func problem(in settings: Value, kind: EndpointKind) -> SettingsProblem?
    /// The settings, where a playbook says `backends` under that key, of any of the backends `all`.
    func settings(in backends: Value, among all: [any BackendPlugin]) -> Value
    /// What a simulated world takes of the settings, where it has none of its own.
    func simulation(of settings: Value) -> Value
    /// The settings that count where a playbook says `settings` and the command line says `options`.
    func settled(_ settings: Value, options: [String: String]) -> Value
    /// An action with what of the settings is part of what it wants; else they would be in no plan.
    func settled(_ action: StageAction, settings: Value) -> StageAction
    /// Which of several places with endpoints the settings lead to: leases are of endpoints in places. Nil where there
    /// is one, or where opening it will say what is wrong.
    func place(of settings: Value) -> String?

    /// Whether the files that a deployment names are brought to it.
    var takesFiles: Bool { get }
    /// Looks registered assets up without opening the backend; nil where that is not possible.
    func assets(settings: Value, folder: String, state: String) -> AssetLookup?
    /// The backend whose settings say what serves deployments (``python(settings:folder:)``,
    /// ``serving(_:bringing:settings:)``); nil where it is this one.
    var servers: (any BackendPlugin)? { get }
    /// Looks at what this machine has for scoring scripts; nil where the backend does not run them here.
    func python(settings: Value, folder: String) -> PythonLookup?
    /// What the settings say that serves a deployment, which may bring a server of its own
    /// (``DeploymentDefinition/serving``).
    func serving(_ deployment: Name, bringing own: OwnServer?, settings: Value) -> Value?
    /// Set where deployments are brought to a cluster.
    var cluster: ClusterFit? { get }

    /// What the clients of a run have met, as it was kept last; nil where nobody counts.
    func clients(of run: RunID, in state: String) throws -> ClientCounts?
    /// What a doctor finds about it; nothing is changed, unless the visit says so.
    func diagnose(_ visit: DoctorVisit) async -> [Diagnosis]
    /// The time in its world, without opening it.
    func now(in state: String) throws -> Timestamp
    /// Opens it.
    ///
    /// - Throws: ``BackendError`` where it cannot be reached, or where settings lead nowhere.
    func connect(_ opening: BackendOpening) async throws -> any BackendSession
}

extension BackendPlugin {
    package var kinds: [EndpointKind] { [] }
    package var options: [String] { [] }
    package var takesFiles: Bool { false }
    package var servers: (any BackendPlugin)? { nil }
    package var cluster: ClusterFit? { nil }
    package func problem(in settings: Value, kind: EndpointKind) -> SettingsProblem? { nil }
    package func settings(in backends: Value, among all: [any BackendPlugin]) -> Value { backends[name] ?? .null }
    package func simulation(of settings: Value) -> Value { .null }
    package func settled(_ settings: Value, options: [String: String]) -> Value { settings }
    package func settled(_ action: StageAction, settings: Value) -> StageAction { action }
    package func place(of settings: Value) -> String? { nil }
    package func assets(settings: Value, folder: String, state: String) -> AssetLookup? { nil }
    package func python(settings: Value, folder: String) -> PythonLookup? { nil }
    package func serving(_ deployment: Name, bringing own: OwnServer?, settings: Value) -> Value? { nil }
    package func clients(of run: RunID, in state: String) throws -> ClientCounts? { nil }
    package func diagnose(_ visit: DoctorVisit) async -> [Diagnosis] { [] }
    package func now(in state: String) throws -> Timestamp { SystemClock().now() }

    /// All that a user may write.
    package var names: [String] { [name] + kinds.map { "\(name):\($0.rawValue)" } }

    /// As plans and journals name it: one name for one world of endpoints.
    package func name(of kind: EndpointKind) -> String {
        kinds.contains(kind) && kind != .managed ? "\(name):\(kind.rawValue)" : name
    }
}

/// What a backend is opened for.
package struct BackendOpening: Sendable {
    package enum Use: Hashable, Sendable {
        /// Nothing is changed, and no server is started.
        case look
        /// Changes and requests.
        case work
    }

    package var use: Use
    package var kind: EndpointKind
    /// As they count; see ``BackendPlugin/settled(_:options:)``.
    package var settings: Value
    /// The plan that is run or looked at; nil where there is none.
    package var plan: Plan?
    /// The folder of state, absolute.
    package var state: String
    /// What tells the state folder from others (``Journal/home()``); nil where nothing is kept.
    package var home: String?
    /// Is told what a person should know meanwhile, in sentences.
    package var notify: @Sendable (String) -> Void

    package init(
        _ use: Use, kind: EndpointKind, settings: Value, plan: Plan? = nil, state: String, home: String? = nil,
        notify: @escaping @Sendable (String) -> Void
    ) {
        self.use = use
        self.kind = kind
        self.settings = settings
        self.plan = plan
        self.state = state
        self.home = home
        self.notify = notify
    }
}

/// What a doctor looks at.
package struct DoctorVisit: Sendable {
    /// The folder of state, absolute.
    package var state: String
    /// Whether it is the backend that the doctor was asked about; of others, only what they keep on this machine is
    /// looked at.
    package var isSelected: Bool
    /// The settings as they count; `null` where it is not selected.
    package var settings: Value
    /// The plan of the playbook that is named; nil where none is.
    package var plan: Plan?
    /// Whether what no deployment uses is removed.
    package var cleans: Bool

    package init(
        state: String, isSelected: Bool = false, settings: Value = .null, plan: Plan? = nil, cleans: Bool = false
    ) {
        self.state = state
        self.isSelected = isSelected
        self.settings = settings
        self.plan = plan
        self.cleans = cleans
    }
}
