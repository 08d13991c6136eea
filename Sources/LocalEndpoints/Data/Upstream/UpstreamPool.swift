internal import NIOCore
internal import NIOPosix

/// One loop's connections to one instance.
final class UpstreamPool: Expiring {
    var expiry = Expiry()
    /// Retained so that no other instance gets its object identifier while this pool exists.
    private let instance: Instance
    private let address: ServerAddress
    private let limits: DataPlaneLimits
    private let loop: DataLoop
    /// Unused connections; the most recently used one is taken first, so that surplus ones become old.
    private var idle: [UpstreamConnection] = []
    private var isRetired = false

    init(instance: Instance, address: ServerAddress, limits: DataPlaneLimits, loop: DataLoop) {
        self.instance = instance
        self.address = address
        self.limits = limits
        self.loop = loop
    }

    /// Returns a connection for one request: an unused one, or a new one if there is none or `fresh` is true.
    func take(fresh: Bool) -> UpstreamConnection {
        if !fresh, let connection = idle.popLast() { return connection }
        let connection = UpstreamConnection(pool: self, limits: limits, outbox: loop.outbox)
        connect(connection)
        return connection
    }

    func put(_ connection: UpstreamConnection, at now: NIODeadline) {
        guard !isRetired, idle.count < limits.upstreamIdleConnections else { return connection.close() }
        connection.unusedSince = now
        idle.append(connection)
        if idle.count == 1 { expireOldest(at: now) }
    }

    /// Closes the connections that have been unused for too long; the ones unused longest come first.
    func expire(at now: NIODeadline) {
        let old = idle.prefix { $0.unusedSince + limits.upstreamIdle <= now }
        idle.removeFirst(old.count)
        for connection in old { connection.close() }
        expireOldest(at: now)
    }

    private func expireOldest(at now: NIODeadline) {
        guard let oldest = idle.first else { return expiry.moment = .distantFuture }
        expiry.moment = oldest.unusedSince + limits.upstreamIdle
        loop.watch(self, at: now)
    }

    /// Removes an unused connection; returns false if it is not one.
    func discard(_ connection: UpstreamConnection) -> Bool {
        guard let index = idle.firstIndex(where: { $0 === connection }) else { return false }
        idle.remove(at: index)
        return true
    }

    /// Retires the pool of a removed instance: unused connections close now, busy ones after their requests.
    func retire() {
        isRetired = true
        let unused = idle
        idle = []
        for connection in unused { connection.close() }
    }

    private func connect(_ connection: UpstreamConnection) {
        let bound = NIOLoopBound(connection, eventLoop: loop.eventLoop)
        let bootstrap = ClientBootstrap(group: loop.eventLoop)
            .connectTimeout(limits.connect)
            .channelOption(.maxMessagesPerRead, value: 1)
            .channelOption(.autoRead, value: false)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try bound.value.attach(to: channel) }
            }
        let connected =
            switch address.socket {
            case .tcp(let host, let port): bootstrap.connect(host: host, port: port)
            case .unix(let path): bootstrap.connect(unixDomainSocketPath: path)
            }
        connected.assumeIsolated().whenFailure { _ in connection.connectFailed() }
    }
}

/// One loop's connections to all instances, separately for live requests and for copies.
final class UpstreamPools {
    private let limits: DataPlaneLimits
    private let loop: DataLoop
    private var live: [ObjectIdentifier: UpstreamPool] = [:]
    private var copies: [ObjectIdentifier: UpstreamPool] = [:]

    init(limits: DataPlaneLimits, loop: DataLoop) {
        self.limits = limits
        self.loop = loop
    }

    func pool(_ side: DeploymentState.Side, for instance: Instance, at address: ServerAddress) -> UpstreamPool {
        let key = ObjectIdentifier(instance)
        if let present = side == .live ? live[key] : copies[key] { return present }
        let pool = UpstreamPool(instance: instance, address: address, limits: limits, loop: loop)
        if side == .live { live[key] = pool } else { copies[key] = pool }
        return pool
    }

    /// Closes the unused connections to all other instances.
    func keep(_ instances: Set<ObjectIdentifier>) {
        for (key, pool) in live where !instances.contains(key) { pool.retire() }
        for (key, pool) in copies where !instances.contains(key) { pool.retire() }
        live = live.filter { instances.contains($0.key) }
        copies = copies.filter { instances.contains($0.key) }
    }
}
