internal import AzureEndpoints
internal import FoundationEssentials
internal import Logging
internal import RolloutEngine
package import Rollouts

/// The endpoints of the emulator, with their desired and actual state.
///
/// A request changes the desired state in one database transaction and returns. A single loop, ``run()``, brings the
/// actual state to it: only the loop starts and stops instances and replaces the data plane's table. A restarted
/// process therefore needs nothing but the database to continue after a kill.
actor EndpointRegistry {
    let store: LocalStore
    let folder: LocalFolder
    let assets: AssetCatalog
    /// The data plane; nil if the emulator is read-only and serves nothing.
    let dataPlane: DataPlane?
    let times: ProvisioningTimes
    let now: @Sendable () -> Timestamp
    let logger: Logger

    var records: [Name: EndpointRecord] = [:]
    /// The running deployments, by incarnation; changed only by the loop.
    var running: [String: RunningDeployment] = [:]
    /// The highest epoch seen, by endpoint.
    var epochs: [Name: Int] = [:]
    /// When the fault `refuse_updating` of a deployment ends, by endpoint and deployment.
    var refusals: [Name: [Name: Timestamp]] = [:]
    var historyCounts: [Name: Int] = [:]
    /// The totals when this process started; the data plane's counts are added to them.
    var totalsAtStart: [Name: EndpointTotals] = [:]
    var totals: [Name: EndpointTotals] = [:]

    /// The fingerprint of the data plane's present table.
    var installed: RoutingFingerprint?
    /// Callers of ``installedNow()``, which wait for the next update of the data plane.
    var waiters: [CheckedContinuation<Void, Never>] = []
    var isStopped = false
    /// When ``saveStartupTimes()`` last ran.
    var counted: Timestamp?
    /// When the loop's timer fires next.
    var wake: Timestamp = .distantFuture

    private let signals: AsyncStream<Void>
    private let signal: AsyncStream<Void>.Continuation

    init(
        store: LocalStore, folder: LocalFolder, assets: AssetCatalog, dataPlane: DataPlane?, times: ProvisioningTimes,
        now: @escaping @Sendable () -> Timestamp, logger: Logger
    ) throws(EmulatorError) {
        self.store = store
        self.folder = folder
        self.assets = assets
        self.dataPlane = dataPlane
        self.times = times
        self.now = now
        self.logger = logger
        (signals, signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        for record in try store.records() {
            records[record.name] = record
            epochs[record.name] = try store.epoch(of: record.name)
        }
        totalsAtStart = try store.totals()
        if dataPlane != nil {
            for endpoint in totalsAtStart.keys { totalsAtStart[endpoint]?.generation += 1 }
        }
        totals = totalsAtStart
    }

    /// Wakes the loop because something changed.
    nonisolated func look() { signal.yield() }

    /// Runs the loop until the task is cancelled.
    func run() async {
        look()
        await withDiscardingTaskGroup { tasks in
            for await _ in signals {
                // The due time has passed, possibly before its timer fired; a late timer only causes one more step.
                if wake <= now() { wake = .distantFuture }
                await advance(&tasks)
                guard let due = nextWakeUp, due < wake else { continue }
                wake = due
                let pause = max(due - now(), .milliseconds(1))
                tasks.addTask {
                    // If the sleep is cancelled, the loop ends too.
                    try? await Task.sleep(for: pause.duration)
                    self.look()
                }
            }
            tasks.cancelAll()
        }
        isStopped = true
        releaseWaiters()
    }

    /// Returns when the data plane's table reflects the present desired state.
    func installedNow() async {
        guard dataPlane != nil, !isStopped else { return }
        await withCheckedContinuation { continuation in
            waiters.append(continuation)
            look()
        }
    }

    func releaseWaiters() {
        let released = waiters
        waiters = []
        for waiter in released { waiter.resume() }
    }

    /// The record of an endpoint; throws if the endpoint does not exist.
    func record(_ name: Name) throws(ControlError) -> EndpointRecord {
        guard let record = records[name] else { throw .noEndpoint(name) }
        return record
    }

    /// Saves records to the database, and then updates them in memory.
    func keep(_ kept: Kept) throws(EmulatorError) {
        try store.keep(kept)
        for record in kept.records { records[record.name] = record }
        for name in kept.deleted { records[name] = nil }
    }
}

/// The duration of changes that would otherwise take effect at once, so that clients can observe their states.
package struct ProvisioningTimes: Hashable, Sendable {
    package var endpoint: Interval
    /// The duration of a change of traffic or mirror traffic.
    package var traffic: Interval
    package var delete: Interval
    /// How long servers may take to start before another change may replace them.
    package var startUp: Interval
    /// How often the startup time of servers is saved.
    package var startupSaveInterval: Interval

    package init(
        endpoint: Interval = .milliseconds(200), traffic: Interval = .milliseconds(100),
        delete: Interval = .milliseconds(100), startUp: Interval = .seconds(10),
        startupSaveInterval: Interval = .seconds(5)
    ) {
        self.endpoint = endpoint
        self.traffic = traffic
        self.delete = delete
        self.startUp = startUp
        self.startupSaveInterval = startupSaveInterval
    }

    /// Changes take effect as soon as possible.
    package static let none = ProvisioningTimes(endpoint: .zero, traffic: .zero, delete: .zero)
}
