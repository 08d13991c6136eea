package import RolloutEngine
package import Rollouts

/// A backend as users name it: its capabilities, its settings in a playbook, and how to connect to it.
///
/// A backend target exports one plug-in, and the executable's list has one value of each; nothing else refers to a
/// backend by name. `settings` are the values of a playbook under `backends.NAME`, `null` if there are none; paths in
/// them are relative to `folder`, the playbook's folder. `state` is the state folder.
package protocol BackendPlugin: Sendable {
    /// The backend's name: `simulated`.
    var name: String { get }
    /// The kinds that may follow a colon, as in `simulated:kubernetes`; empty if there is only one.
    var kinds: [EndpointKind] { get }
    /// The settings that command-line options can set as well: `context`.
    var options: [String] { get }

    /// Whether a playbook can be planned only with settings of the backend, such as a cluster's gateway.
    var needsSettings: Bool { get }
    /// The shape of `backends.NAME` in a playbook.
    var settingsShape: Shape { get }

    /// Returns what the backend can do, without a connection.
    func capabilities(of kind: EndpointKind, settings: Value) -> Capabilities
    /// Returns what is wrong with settings that match their shape, or `nil`.
    ///
    /// It checks how settings fit together, and the things to which they refer.
    func problem(in settings: Value, kind: EndpointKind) -> SettingsProblem?
    /// Returns this backend's settings from `backends`, a playbook's settings of any of the backends `all`.
    func settings(in backends: Value, among all: [any BackendPlugin]) -> Value
    /// Returns the settings that the simulated backend uses if the playbook has none for it.
    func simulation(of settings: Value) -> Value
    /// Returns the effective settings: those of the playbook, overridden by the command line's `options`.
    func settled(_ settings: Value, options: [String: String]) -> Value
    /// Returns the action with the settings that are part of its desired state, so that the plan includes them.
    func settled(_ action: StageAction, settings: Value) -> StageAction
    /// Returns which of several places with endpoints, such as clusters, the settings select.
    ///
    /// A lease is for an endpoint in one place. The result is `nil` if there is only one place, or if connecting will
    /// report the problem.
    func place(of settings: Value) -> String?

    /// Whether the backend receives the files that a deployment names.
    var takesFiles: Bool { get }
    /// The backend whose settings define what serves deployments, and which therefore reads and checks them; `nil` if it
    /// is this one.
    var servers: (any BackendPlugin)? { get }
    /// Completes a deployment whose file has been read, and reports what is wrong with it.
    ///
    /// The digests of files are computed afterwards.
    func read(_ deployment: inout DeploymentDraft)
    /// Returns what is wrong with a playbook whose stages have been read.
    func findings(in playbook: PlaybookDraft) -> [Finding]

    /// Returns the last stored counts of a run's client requests, or `nil` if the backend does not count them.
    func clients(of run: RunID, in state: String) throws -> ClientCounts?
    /// Diagnoses the backend, without changing anything unless the visit asks for it.
    func diagnose(_ visit: DoctorVisit) async -> [Diagnosis]
    /// Returns the backend's time without a connection.
    func now(in state: String) throws -> Timestamp
    /// Connects to the backend.
    ///
    /// - Throws: ``BackendError`` if it cannot be reached, or if the settings refer to something that does not exist.
    func connect(_ opening: BackendOpening) async throws -> any BackendSession
}

extension BackendPlugin {
    package var kinds: [EndpointKind] { [] }
    package var options: [String] { [] }
    package var needsSettings: Bool { false }
    package var takesFiles: Bool { false }
    package var servers: (any BackendPlugin)? { nil }
    package func read(_ deployment: inout DeploymentDraft) {}
    package func findings(in playbook: PlaybookDraft) -> [Finding] { [] }
    package func problem(in settings: Value, kind: EndpointKind) -> SettingsProblem? { nil }
    package func settings(in backends: Value, among all: [any BackendPlugin]) -> Value { backends[name] ?? .null }
    package func simulation(of settings: Value) -> Value { .null }
    package func settled(_ settings: Value, options: [String: String]) -> Value { settings }
    package func settled(_ action: StageAction, settings: Value) -> StageAction { action }
    package func place(of settings: Value) -> String? { nil }
    package func clients(of run: RunID, in state: String) throws -> ClientCounts? { nil }
    package func diagnose(_ visit: DoctorVisit) async -> [Diagnosis] { [] }
    package func now(in state: String) throws -> Timestamp { SystemClock().now() }

    /// All names that a user may write.
    package var names: [String] { [name] + kinds.map { "\(name):\($0.rawValue)" } }

    /// Returns the name in plans and journals, which is unique for a set of endpoints.
    package func name(of kind: EndpointKind) -> String {
        kinds.contains(kind) && kind != .managed ? "\(name):\(kind.rawValue)" : name
    }
}

/// The parameters of a connection to a backend.
package struct BackendOpening: Sendable {
    package enum Use: Hashable, Sendable {
        /// Observation only: nothing is changed, and no server is started.
        case look
        /// Changes and requests.
        case work
    }

    package var use: Use
    package var kind: EndpointKind
    /// The effective settings; see ``BackendPlugin/settled(_:options:)``.
    package var settings: Value
    /// The plan that is executed or shown, or `nil`.
    package var plan: Plan?
    /// The absolute path of the state folder.
    package var state: String
    /// Distinguishes the state folder from others (``Journal/home()``); `nil` if nothing is stored.
    package var home: String?
    /// Receives messages for the user, each a complete sentence.
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

/// The scope of a diagnosis.
package struct DoctorVisit: Sendable {
    /// The absolute path of the state folder.
    package var state: String
    /// Whether the user asked about this backend; of other backends, only their data on this machine is checked.
    package var isSelected: Bool
    /// The effective settings; `null` if the backend is not selected.
    package var settings: Value
    /// The plan of the playbook that the user named, or `nil`.
    package var plan: Plan?
    /// Whether to remove data that no deployment uses.
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
