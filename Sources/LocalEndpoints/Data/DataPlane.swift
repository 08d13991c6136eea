package import Logging
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
package import RolloutEngine
package import Rollouts
internal import Synchronization

/// The server that clients call: it authenticates, chooses a deployment by weight, forwards, mirrors and counts.
///
/// Every connection belongs to one event loop, which processes all of its requests with its own routing table,
/// connections to model servers and timeouts. The loops share places at instances, bandwidth and counts.
package final class DataPlane: Sendable {
    package struct Configuration: Sendable {
        package var host: String
        /// The port; 0 (default) picks a free one.
        package var port: Int
        /// The number of event loops; `nil` for one per core that the process may use.
        package var threads: Int?
        /// Whether each request gets a line in its deployment's log (default: true).
        package var logsRequests = true
        /// An additional destination of request lines.
        package var accessLog: AccessLog?
        /// Bytes per second of each endpoint, requests and answers combined, like Azure's 5 MBps; `nil` for no limit.
        package var bandwidth: Int? = 5_000_000
        package var limits = DataPlaneLimits()

        package init(host: String = "127.0.0.1", port: Int = 0, threads: Int? = nil) {
            self.host = host
            self.port = port
            self.threads = threads
        }
    }

    private enum State {
        case idle
        /// The socket is bound: clients can connect, and are served once there is a routing table.
        case bound(any Channel)
        case listening(any Channel)
        case stopped
    }

    private let configuration: Configuration
    private let logger: Logger
    private let group: MultiThreadedEventLoopGroup
    private let threads = NIOThreadPool(numberOfThreads: 1)
    private let shared: DataPlaneShared
    private let loops: [NIOLoopBoundBox<DataLoop?>]
    private let state = Mutex(State.idle)

    package init(_ configuration: Configuration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
        group = MultiThreadedEventLoopGroup(numberOfThreads: max(configuration.threads ?? CPUSet.count, 1))
        shared = DataPlaneShared(
            comparisons: Comparisons(pool: threads), bandwidth: configuration.bandwidth,
            accessLog: configuration.accessLog)
        let shared = shared
        loops = group.makeIterator().map { eventLoop in
            let box = NIOLoopBoundBox<DataLoop?>.makeEmptyBox(valueType: DataLoop.self, eventLoop: eventLoop)
            eventLoop.execute {
                box.value = DataLoop(
                    eventLoop: eventLoop, limits: configuration.limits, logsRequests: configuration.logsRequests,
                    shared: shared)
            }
            return box
        }
    }

    /// Binds the socket and returns the port; clients that connect are accepted after the first ``install(_:)``.
    package func start() async throws -> Int {
        threads.start()
        OpenFiles.raiseLimit()
        let loops = Dictionary(
            loops.map { (ObjectIdentifier($0.eventLoop), $0) }, uniquingKeysWith: { first, _ in first })
        let limits = configuration.limits
        let channel = try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 4096)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(.autoRead, value: false)
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelOption(.autoRead, value: false)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let loop = loops[ObjectIdentifier(channel.eventLoop)]?.value else {
                        throw ChannelError.ioOnClosedChannel
                    }
                    let wire = Wire.requests(within: limits, by: loop.outbox)
                    try channel.pipeline.syncOperations.addHandlers(wire, ClientConnection(wire, loop: loop))
                }
            }
            .bind(host: configuration.host, port: configuration.port).get()
        state.withLock { $0 = .bound(channel) }
        let port = channel.localAddress?.port ?? configuration.port
        logger.debug("the data plane is listening", metadata: ["port": "\(port)", "loops": "\(loops.count)"])
        return port
    }

    /// Replaces the routing table; after it returns, every new request is routed by the new table.
    package func install(_ table: RoutingTable) async {
        let exchanged = shared.install(table) { compiled in
            loops.map { box in box.eventLoop.submit { () -> Void in box.value?.exchange(compiled) } }
        }
        for exchange in exchanged { await settled(exchange) }
        let bound = state.withLock { state -> (any Channel)? in
            guard case .bound(let channel) = state else { return nil }
            state = .listening(channel)
            return channel
        }
        if let bound { await settled(bound.setOption(.autoRead, value: true)) }
    }

    /// The counts since the process started, for each incarnation of a deployment.
    package func readings() async -> [DeploymentReading] { shared.readings }

    /// The number of live requests in flight at the server at `target`, over all current and retired deployments.
    package func inFlight(at target: InstanceTarget) -> Int { shared.inFlight(at: target) }

    /// A number that changes whenever clients have sent requests; `nil` while a request is in flight.
    package var activityMark: Int? { shared.activityMark }

    /// Stops accepting requests, waits up to `draining` for requests in flight, and closes all connections.
    ///
    /// Answers that are incomplete by then are cut off after the part that the model has sent.
    ///
    /// - Returns: The number of answers that were cut off.
    @discardableResult
    package func stop(draining: Interval) async -> Int {
        let previous = state.withLock { state in
            defer { state = .stopped }
            return state
        }
        switch previous {
        case .stopped: return 0
        case .idle: break
        case .bound(let channel), .listening(let channel): await settled(channel.close())
        }
        for box in loops { await settled(box.eventLoop.submit { () -> Void in box.value?.drain() }) }
        let deadline = ContinuousClock.now.advanced(by: draining.duration)
        while shared.openConnections > 0, ContinuousClock.now < deadline, !Task.isCancelled {
            do { try await Task.sleep(for: .milliseconds(10)) } catch { break }
        }
        var cut = 0
        for box in loops {
            do {
                cut += try await box.eventLoop.submit { box.value?.end() ?? 0 }.get()
            } catch {
                logger.debug("an event loop had already shut down", metadata: ["error": "\(error)"])
            }
        }
        await endThreads()
        return cut
    }

    private func endThreads() async {
        do {
            try await group.shutdownGracefully()
            try await threads.shutdownGracefully()
        } catch {
            logger.debug("an event loop did not shut down", metadata: ["error": "\(error)"])
        }
    }

    /// Waits for an operation that fails only if its loop or channel is already closed.
    private func settled(_ future: EventLoopFuture<Void>) async {
        do {
            try await future.get()
        } catch {
            logger.debug("an event loop had already shut down", metadata: ["error": "\(error)"])
        }
    }
}

/// A deployment's request counts since the process started.
package struct DeploymentReading: Sendable {
    package var endpoint: Name
    package var deployment: Name
    package var incarnation: String
    /// The number of live requests in flight, including those waiting for an instance.
    package var inFlight: Int
    /// Counts of live requests.
    package var live: OutcomeReading.Counts
    /// Counts of the copies that the deployment received as the shadow.
    package var copied: OutcomeReading.Counts
    /// Comparisons of copies with live answers, if this deployment is the shadow.
    package var mirrored: OutcomeReading.PairCounts
    /// The number of copies that were not sent or not compared because of overload.
    package var droppedCopies: Int

    package init(
        endpoint: Name, deployment: Name, incarnation: String, inFlight: Int = 0,
        live: OutcomeReading.Counts = .init(), copied: OutcomeReading.Counts = .init(),
        mirrored: OutcomeReading.PairCounts = .init(), droppedCopies: Int = 0
    ) {
        self.endpoint = endpoint
        self.deployment = deployment
        self.incarnation = incarnation
        self.inFlight = inFlight
        self.live = live
        self.copied = copied
        self.mirrored = mirrored
        self.droppedCopies = droppedCopies
    }

    /// All requests to the deployment's model, counted like ``OutcomeReading/deployments`` on every backend.
    ///
    /// A shadow is judged by its copies.
    package var outcomes: OutcomeReading.Counts {
        live.combined(with: copied, +)
    }
}
