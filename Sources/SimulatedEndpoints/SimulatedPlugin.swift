internal import FoundationEssentials
package import PlaybookSyntax
package import RolloutEngine
package import Rollouts

/// The backend `simulated`: endpoints in process, on a virtual clock, stored in the state folder.
package struct SimulatedPlugin: BackendPlugin {
    package let name = "simulated"
    package let kinds = EndpointKind.allCases

    package init() {}

    package func capabilities(of kind: EndpointKind, settings: Value) -> Capabilities {
        SimulatedBackend(
            store: MemoryStore(), clock: SystemClock(), settings: SimulationSettings(kind: kind)
        ).capabilities
    }

    package var settingsShape: Shape { .object(SimulationSettings.shape) }

    package func problem(in settings: Value, kind: EndpointKind) -> SettingsProblem? {
        do throws(SettingsProblem) {
            _ = try SimulationSettings(settings, kind: kind)
            return nil
        } catch {
            return error
        }
    }

    /// Uses the profiles of other backends that simulate deployments, unless its own settings have profiles.
    package func settings(in backends: Value, among all: [any BackendPlugin]) -> Value {
        let own = backends[name] ?? .null
        guard own["simulate"] == nil else { return own }
        return all.reduce(own) { settings, other in
            guard other.name != name, let written = backends[other.name],
                case .mapping(let shared) = other.simulation(of: written)
            else { return settings }
            guard case .mapping(let members) = settings else { return settings == .null ? .mapping(shared) : settings }
            return .mapping(members.merging(shared) { own, _ in own })
        }
    }

    package func read(_ deployment: inout DeploymentDraft) {
        let name = deployment.definition.name
        guard case .mapping(let profiles)? = deployment.context.settings["simulate"],
            let profile = profiles.first(where: { Name($0.key) == name })?.value
        else { return }
        deployment.definition.serving = (["simulate": profile] as Value).normalizedByJSON
    }

    /// Returns the time in the simulated world, which may be ahead of the machine's.
    package func now(in state: String) throws -> Timestamp {
        let now = SystemClock().now()
        guard FileManager.default.fileExists(atPath: SQLiteStore.path(in: state)) else { return now }
        let store = try SQLiteStore(folder: state, readOnly: true)
        let time = try store.time()
        try store.close()
        return max(time ?? now, now)
    }

    package func diagnose(_ visit: DoctorVisit) -> [Diagnosis] {
        let path = SQLiteStore.path(in: visit.state)
        guard FileManager.default.fileExists(atPath: path) else {
            return [Diagnosis(.ok, name, "no endpoint has been simulated here yet")]
        }
        do {
            let names = try EndpointKind.allCases.flatMap { kind in
                try SimulatedView(SimulationSettings(kind: kind), in: visit.state).backend.endpoints()
                    .map { "\($0) (\(kind.rawValue))" }
            }
            let words = names.isEmpty ? "no endpoints" : names.joined(separator: ", ")
            return [Diagnosis(.ok, name, "\(path) has \(words)")]
        } catch {
            return [
                Diagnosis(
                    .error, name, "\(error)",
                    advice: "move the file away; simulated endpoints then start from scratch")
            ]
        }
    }

    package func connect(_ opening: BackendOpening) async throws -> any BackendSession {
        let settings: SimulationSettings
        do throws(SettingsProblem) {
            settings =
                try opening.plan.map { plan throws(SettingsProblem) in
                    try SimulationSettings(plan.backendSettings, kind: opening.kind)
                } ?? SimulationSettings(kind: opening.kind)
        } catch {
            throw BackendError(.refused, "\(opening.plan?.playbook ?? name): \(error)")
        }
        switch opening.use {
        case .look:
            let view = try SimulatedView(settings, in: opening.state)
            return SimulatedSession(
                simulation: view.backend, clock: view.clock, settings: settings, state: opening.state, store: nil)
        case .work:
            let store = try SQLiteStore(folder: opening.state)
            let clock = VirtualClock(stored: try store.time())
            let backend = SimulatedBackend(store: store, clock: clock, settings: settings)
            return SimulatedSession(
                simulation: backend, clock: clock, settings: settings, state: opening.state, store: store)
        }
    }
}

/// A session whose endpoints are already simulated, so that a rehearsal needs no assumptions.
package protocol CopyingSimulation: BackendSession {
    /// Copies the present endpoint into a separate world with `settings`; the world is empty if it does not exist.
    func copy(of endpoint: Name, _ settings: SimulationSettings) throws -> MemoryStore
}

private struct SimulatedSession: ChangeHistory, ChangeDurations, RunCompanion, CopyingSimulation {
    let simulation: SimulatedBackend
    let clock: any RunClock
    let settings: SimulationSettings
    /// The state folder.
    let state: String
    /// `nil` if the session is read-only, so that nothing is stored.
    let store: SQLiteStore?

    var backend: any Backend { simulation }
    var isVirtual: Bool { true }
    var isCopy: Bool { store == nil }

    func endpoints() throws -> [Name] { try simulation.endpoints() }

    func copy(of endpoint: Name, _ settings: SimulationSettings) throws -> MemoryStore {
        try SimulatedView(settings, in: state).copy(of: endpoint)
    }

    func history(of endpoint: Name) throws -> [HistoryEntry] { try simulation.history(of: endpoint) }

    func scoringURI(of endpoint: Name) -> String? { nil }

    func duration(of change: Change) -> Interval { settings.duration(of: change) }

    /// Makes the plan's clients send requests, so that there is something to observe.
    ///
    /// `stages` give the kinds of actions without decoding the whole plan.
    func begin(_ plan: Plan, _ stages: [StageRecord]) throws {
        guard stages.contains(where: { $0.action.touchesEndpoint }) else { return }
        try simulation.setLoad(plan.load, endpoint: plan.endpoint)
    }

    /// Stores the present time and closes the files.
    func close() throws {
        guard let store else { return }
        try simulation.close()
        try store.close()
    }
}

extension SimulationSettings {
    /// Returns how long the backend needs for `change`.
    package func duration(of change: Change) -> Interval {
        switch change {
        case .putEndpoint: durations.endpoint
        case .putDeployment(let definition): profiles[definition.name]?.readyAfter ?? durations.deployment
        case .scale: durations.scale
        case .setTraffic, .setMirrorTraffic: durations.traffic
        case .deleteDeployment, .deleteEndpoint: durations.delete
        }
    }
}
