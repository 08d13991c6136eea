internal import NIOCore
internal import NIOPosix
internal import Rollouts
internal import Synchronization

/// The state that all loops of one data plane share.
final class DataPlaneShared: Sendable {
    let comparisons: Comparisons
    /// The destination of request lines in addition to the deployments' own logs.
    let accessLog: AccessLog?
    let began = WallClock.now
    private let compiler: Mutex<TableCompiler>
    /// The number of requests that did not reach a deployment, by status.
    private let refused = Mutex<[Int: Int]>([:])
    private let hasTable = Atomic(false)
    private let connections = Atomic(0)

    init(comparisons: Comparisons, bandwidth: Int?, accessLog: AccessLog? = nil) {
        self.comparisons = comparisons
        self.accessLog = accessLog
        compiler = Mutex(TableCompiler(bandwidth: bandwidth))
    }

    /// Whether a routing table is installed.
    var isReady: Bool { hasTable.load(ordering: .relaxed) }

    /// Compiles `table` and lets `spread` pass it to all loops, one table at a time, so that all loops see the same
    /// order.
    func install<Result>(_ table: RoutingTable, spread: (CompiledTable) -> Result) -> Result where Result: Sendable {
        let result = compiler.withLock { spread($0.compile(table, at: .now())) }
        hasTable.store(true, ordering: .relaxed)
        return result
    }

    var readings: [DeploymentReading] { compiler.withLock { $0.readings } }

    func inFlight(at target: InstanceTarget) -> Int { compiler.withLock { $0.inFlight(at: target) } }

    func countRefused(_ status: Int) { refused.withLock { $0[status, default: 0] += 1 } }

    func countConnection(_ change: Int) { connections.wrappingAdd(change, ordering: .relaxed) }

    var openConnections: Int { connections.load(ordering: .relaxed) }

    /// See ``DataPlane/activityMark``.
    var activityMark: Int? {
        let deployments = compiler.withLock { $0.observations() }
        guard deployments.allSatisfy({ $0.inFlight == 0 && $0.waiting == 0 }) else { return nil }
        let answered = deployments.reduce(0) { sum, deployment in
            RequestOutcome.allCases.reduce(sum) { $0 + deployment.live.count(of: $1) }
        }
        return answered + refused.withLock { $0.values.reduce(0, +) }
    }

    /// The page for Prometheus.
    func metrics() -> String {
        MetricsPage(
            deployments: compiler.withLock { $0.observations() }, refused: refused.withLock { $0 },
            connections: openConnections, began: began
        ).text
    }
}
