internal import FoundationEssentials
package import PlaybookSyntax
package import RolloutEngine
package import Rollouts

/// The backend `simulated`: endpoints in process, on a virtual clock, kept in the folder of state.
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

    /// Deployments that other backends simulate behave alike in this one, unless its settings have profiles.
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

    package func serving(_ deployment: Name, bringing own: OwnServer?, settings: Value) -> Value? {
        guard case .mapping(let profiles)? = settings["simulate"],
            let profile = profiles.first(where: { Name($0.key) == deployment })?.value
        else { return nil }
        return (["simulate": profile] as Value).throughJSON
    }

    /// The time in the simulated world, which may be ahead of the machine's.
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
            return [Diagnosis(.ok, name, "no endpoint was simulated here yet")]
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
                    advice: "move the file away; the simulated endpoints begin anew then")
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

/// A session whose endpoints are simulated already, so that a rehearsal needs no guess.
package protocol CopyingSimulation: BackendSession {
    /// The endpoint as it is now in a world of its own, with `settings`; an empty world where there is none.
    func copy(of endpoint: Name, _ settings: SimulationSettings) throws -> MemoryStore
}

private struct SimulatedSession: ChangeHistory, ChangeDurations, RunCompany, CopyingSimulation {
    let simulation: SimulatedBackend
    let clock: any RunClock
    let settings: SimulationSettings
    /// The folder of state.
    let state: String
    /// Nil where the world is only looked at, so that nothing of it is kept.
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

extension SimulationSettings {
    /// How long the backend needs for `change`.
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
