internal import AzureEndpoints
internal import FoundationEssentials
internal import Logging
internal import RolloutEngine
package import Rollouts

/// Every endpoint of the emulator: what is wanted of it, and what it is.
///
/// Requests change what is wanted, in one transaction of the file each, and return. One loop, ``run()``, makes it so:
/// it alone starts and ends instances and exchanges the data plane's table. So a process that starts again needs
/// nothing but the file to go on where another was killed.
actor EndpointRegistry {
    let store: LocalStore
    let folder: LocalFolder
    let assets: AssetCatalog
    /// Nil where nothing is served: the emulator only shows what is kept.
    let dataPlane: DataPlane?
    let times: ProvisioningTimes
    let now: @Sendable () -> Timestamp
    let logger: Logger

    var records: [Name: EndpointRecord] = [:]
    /// Instances by the incarnation of their deployment; only the loop changes it.
    var running: [String: RunningDeployment] = [:]
    /// The highest epoch that was seen, by endpoint.
    var epochs: [Name: Int] = [:]
    /// Until when changes about a deployment are refused, which has the fault of refusing them.
    var refusals: [Name: [Name: Timestamp]] = [:]
    var historyCounts: [Name: Int] = [:]
    /// As they were when this process began; what the data plane counted since comes on top.
    var earlierTotals: [Name: EndpointTotals] = [:]
    var totals: [Name: EndpointTotals] = [:]

    /// What the data plane works by.
    var installed: RoutingFingerprint?
    /// Who waits until the data plane works by what is wanted now.
    var waiters: [CheckedContinuation<Void, Never>] = []
    var isStopped = false
    /// When ``countStartUps()`` kept something last, or looked.
    var counted: Timestamp?
    /// When the loop wakes up next by itself.
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
        earlierTotals = try store.totals()
        if dataPlane != nil {
            for endpoint in earlierTotals.keys { earlierTotals[endpoint]?.generation += 1 }
        }
        totals = earlierTotals
    }

    /// Something changed: the loop looks again.
    nonisolated func look() { signal.yield() }

    /// Makes what is wanted so, until the task is cancelled.
    func run() async {
        look()
        await withDiscardingTaskGroup { tasks in
            for await _ in signals {
                // Woken by another: a sleeper that comes later than this only looks once more.
                if wake <= now() { wake = .distantFuture }
                await advance(&tasks)
                guard let due = nextDue, due < wake else { continue }
                wake = due
                let pause = max(due - now(), .milliseconds(1))
                tasks.addTask {
                    // Cancelled: the loop ends too.
                    try? await Task.sleep(for: pause.duration)
                    self.look()
                }
            }
            tasks.cancelAll()
        }
        isStopped = true
        releaseWaiters()
    }

    /// Returns when the data plane works by what is wanted now.
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

    /// The record of an endpoint that is there.
    func record(_ name: Name) throws(ControlError) -> EndpointRecord {
        guard let record = records[name] else { throw .noEndpoint(name) }
        return record
    }

    /// Keeps what `kept` says, in the file first.
    func keep(_ kept: Kept) throws(EmulatorError) {
        try store.keep(kept)
        for record in kept.records { records[record.name] = record }
        for name in kept.deleted { records[name] = nil }
    }
}

/// How long changes take that are only a matter of tables here, so that clients see their states.
package struct ProvisioningTimes: Hashable, Sendable {
    package var endpoint: Interval
    /// Also of mirror traffic.
    package var traffic: Interval
    package var delete: Interval
    /// How long servers may take to come up until another change may take the place of theirs.
    package var startUp: Interval
    /// How often it is kept for how long servers have been coming up.
    package var startUpKept: Interval

    package init(
        endpoint: Interval = .milliseconds(200), traffic: Interval = .milliseconds(100),
        delete: Interval = .milliseconds(100), startUp: Interval = .seconds(10), startUpKept: Interval = .seconds(5)
    ) {
        self.endpoint = endpoint
        self.traffic = traffic
        self.delete = delete
        self.startUp = startUp
        self.startUpKept = startUpKept
    }

    /// Everything is so as soon as it can be.
    package static let none = ProvisioningTimes(endpoint: .zero, traffic: .zero, delete: .zero)
}
