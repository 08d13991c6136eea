internal import AzureEndpoints
internal import FoundationEssentials
internal import PlaybookSyntax
internal import RolloutEngine
internal import Rollouts
internal import SimulatedEndpoints

/// The backend `simulated`: endpoints in process, on a virtual clock, kept in the state folder.
struct SimulatedWorld: KnownBackend {
    static let name = "simulated"
    static let kinds = EndpointKind.allCases

    let simulation: SimulatedBackend
    let clock: any RunClock
    private let settings: SimulationSettings
    /// Nil where the world is only looked at, so that nothing of it is kept.
    private let store: SQLiteStore?

    var backend: any Backend { simulation }
    var isVirtual: Bool { true }
    var durations: (@Sendable (Change) -> Interval)? {
        let settings = settings
        return { settings.duration(of: $0) }
    }

    static func capabilities(of kind: EndpointKind, settings: Value) -> Capabilities {
        SimulatedBackend(
            store: MemoryStore(), clock: SystemClock(), settings: SimulationSettings(kind: kind)
        ).capabilities
    }

    static func problem(in settings: Value, kind: EndpointKind) -> SettingsFault? {
        do throws(SettingsProblem) {
            _ = try SimulationSettings(settings, kind: kind)
            return nil
        } catch {
            return SettingsFault(error)
        }
    }

    static func serving(_ deployment: Name, bringing own: OwnServer?, settings: Value) -> Value? {
        guard case .mapping(let profiles)? = settings["simulate"],
            let profile = profiles.first(where: { Name($0.key) == deployment })?.value
        else { return nil }
        return (["simulate": profile] as Value).throughJSON
    }

    /// - Throws: ``CommandFailure`` where the playbook's settings of the backend are wrong, and ``BackendError`` where
    ///   its state can't be opened.
    static func open(_ opening: BackendOpening) async throws -> any OpenBackend {
        let kind = opening.selection.kind
        let settings = try opening.plan.map { try SimulationSettings(of: $0) } ?? SimulationSettings(kind: kind)
        switch opening.use {
        case .look:
            let view = try SimulatedView(settings, in: opening.workspace)
            return SimulatedWorld(simulation: view.backend, clock: view.clock, settings: settings, store: nil)
        case .work:
            let store = try SQLiteStore(folder: opening.workspace.state)
            let clock = VirtualClock(stored: try store.time())
            let backend = SimulatedBackend(store: store, clock: clock, settings: settings)
            return SimulatedWorld(simulation: backend, clock: clock, settings: settings, store: store)
        }
    }

    /// The time in the simulated world, which may be ahead of the machine's.
    static func time(in workspace: Workspace) throws -> Timestamp {
        let now = SystemClock().now()
        guard FileManager.default.fileExists(atPath: SQLiteStore.path(in: workspace.state)) else { return now }
        let store = try SQLiteStore(folder: workspace.state, readOnly: true)
        let time = try store.time()
        try store.close()
        return max(time ?? now, now)
    }

    func endpoints() throws -> [Name] { try simulation.endpoints() }

    func history(of endpoint: Name) throws -> [HistoryLine] {
        try simulation.history(of: endpoint).map(HistoryLine.init)
    }

    func scoringURI(of endpoint: Name) -> String? { nil }

    func keys(of endpoint: Name) throws -> ClientKeys {
        throw CommandFailure(
            .usage, "the backend \(Self.name) has no keys: nobody calls its endpoints over a network")
    }

    func regenerate(_ key: ClientKeys.Which, of endpoint: Name) throws -> ClientKeys { try keys(of: endpoint) }

    /// Lets the plan's clients send, so that there is something to observe.
    ///
    /// `stages` tell the kinds of actions without decoding the whole plan.
    func begin(_ plan: Plan, _ stages: [StageRecord]) throws {
        guard stages.contains(where: { $0.action.touchesEndpoint }) else { return }
        try simulation.setLoad(plan.load, endpoint: plan.endpoint)
    }

    /// Keeps the time that has come, and closes the files.
    func close() throws {
        guard let store else { return }
        try simulation.close()
        try store.close()
    }
}

extension SettingsFault {
    init(_ problem: SettingsProblem) {
        self.init(path: problem.path.split(separator: ".").map(String.init), message: problem.message)
    }
}

extension SimulationSettings {
    /// What a plan says of the simulation.
    init(of plan: Plan) throws(CommandFailure) {
        try self.init(plan.backendSettings, of: plan, kind: try BackendSelection(of: plan).kind)
    }

    /// What `value` says, as the settings of a world in which `plan` is played.
    init(_ value: Value, of plan: Plan, kind: EndpointKind) throws(CommandFailure) {
        do throws(SettingsProblem) {
            try self.init(value, kind: kind)
        } catch {
            throw CommandFailure(.invalidPlaybook, "\(plan.playbook): \(error)")
        }
    }

    /// How long the backend needs for `change`.
    func duration(of change: Change) -> Interval {
        switch change {
        case .putEndpoint: durations.endpoint
        case .putDeployment(let definition): profiles[definition.name]?.readyAfter ?? durations.deployment
        case .scale: durations.scale
        case .setTraffic, .setMirrorTraffic: durations.traffic
        case .deleteDeployment, .deleteEndpoint: durations.delete
        }
    }
}

extension HistoryLine {
    fileprivate init(_ entry: HistoryEntry) {
        let (outcome, reason): (Outcome, String?) =
            switch entry.outcome {
            case .accepted: (.accepted, nil)
            case .repeated: (.repeated, nil)
            case .refused(let reason): (.refused, reason)
            case .busy(let reason): (.busy, reason)
            case .fenced(let reason): (.fenced, reason)
            }
        self.init(
            number: entry.number, at: JSONTime(entry.at), run: "\(entry.context.run)", stage: entry.context.stage,
            attempt: entry.context.attempt, key: entry.context.idempotencyKey, epoch: entry.context.epoch,
            change: entry.change.description, outcome: outcome, reason: reason, hadEffect: entry.hadEffect)
    }
}
