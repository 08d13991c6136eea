internal import FoundationEssentials
internal import RolloutEngine
internal import Rollouts
internal import SimulatedEndpoints

/// A backend that is open, with the clock that its world goes by.
struct OpenBackend: Sendable {
    let backend: SimulatedBackend
    let clock: VirtualClock
    let selection: BackendSelection
    private let store: SQLiteStore

    /// The time in its world.
    var now: Timestamp { clock.now() }
    var capabilities: Capabilities { backend.capabilities }

    /// Opens the backend of `plan`.
    ///
    /// - Throws: ``CommandFailure`` where the playbook's settings of the backend are wrong, and ``BackendError`` where
    ///   its state can't be opened.
    init(of plan: Plan, in workspace: Workspace) throws {
        selection = try BackendSelection(of: plan)
        let settings: SimulationSettings
        do throws(SettingsProblem) {
            settings = try SimulationSettings(plan.backendSettings, kind: selection.kind)
        } catch {
            throw CommandFailure(.invalidPlaybook, "\(plan.playbook): \(error)")
        }
        store = try SQLiteStore(folder: workspace.state)
        clock = VirtualClock(stored: try store.time())
        backend = SimulatedBackend(store: store, clock: clock, settings: settings)
    }

    /// Lets the plan's clients send, so that there is something to observe.
    ///
    /// `stages` are the run's records: they tell the kinds of actions without decoding the whole plan.
    func begin(_ plan: Plan, _ stages: [StageRecord]) throws(BackendError) {
        guard stages.contains(where: { $0.action.touchesEndpoint }) else { return }
        try backend.setLoad(plan.load, endpoint: plan.endpoint)
    }

    /// Keeps the time that has come, and closes the files.
    func close() throws(BackendError) {
        try backend.close()
        try store.close()
    }
}

extension OpenBackend {
    /// Closes what can be closed while another error is on its way out.
    func closeAfterFailure() {
        do { try close() } catch { Notices.warn("the simulated endpoints were not closed: \(error)") }
    }
}

extension Workspace {
    /// The time in the world of the simulated endpoints, which may be ahead of the machine's.
    var worldTime: Timestamp {
        get throws {
            let now = SystemClock().now()
            guard FileManager.default.fileExists(atPath: SQLiteStore.path(in: state)) else { return now }
            let store = try SQLiteStore(folder: state, readOnly: true)
            let time = try store.time()
            try store.close()
            return max(time ?? now, now)
        }
    }
}
