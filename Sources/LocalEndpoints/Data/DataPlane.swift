package import Logging
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
package import RolloutEngine
package import Rollouts
internal import Synchronization

/// The server that clients call: authenticates, chooses a deployment by weight, forwards, mirrors, counts.
///
/// Every connection belongs to one event loop, and everything of its requests happens there: the loop has a table,
/// connections to model servers and time-outs of its own. Loops share places at instances, bandwidth and counts.
package final class DataPlane: Sendable {
    package struct Configuration: Sendable {
        package var host: String
        /// 0 picks a free one.
        package var port: Int
        /// Event loops; nil: one for each core that the process may use.
        package var threads: Int?
        /// A line in its deployment's log for each request.
        package var logsRequests = true
        /// Another place for these lines.
        package var accessLog: AccessLog?
        /// Bytes per second of each endpoint, requests and answers together, as Azure's 5 MBps; nil: no limit.
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
        /// Clients connect, and are served when there is a table.
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

    /// Listens, and returns the port; the first ``install(_:)`` lets clients in, who wait until then.
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

    /// Exchanges the table; when it returns, every new request goes by the new one.
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

    /// What was counted since the process began, per incarnation of a deployment.
    package func readings() async -> [DeploymentReading] { shared.readings }

    /// Live requests that the server at `target` is answering now, of every deployment that there is or was.
    package func inFlight(at target: InstanceTarget) -> Int { shared.inFlight(at: target) }

    /// A number that is another whenever clients have sent requests since it was read; nil while one is in flight.
    package var useMark: Int? { shared.useMark }

    /// Takes no new requests, waits until those in flight are answered, for `draining` at most, and closes.
    ///
    /// Answers that are not complete by then are cut, after what the model has sent of them, and their number is
    /// returned.
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

    /// Waits for what can fail only because its loop or channel has already ended.
    private func settled(_ future: EventLoopFuture<Void>) async {
        do {
            try await future.get()
        } catch {
            logger.debug("an event loop had already shut down", metadata: ["error": "\(error)"])
        }
    }
}

/// What a deployment's requests came to since the process began.
package struct DeploymentReading: Sendable {
    package var endpoint: Name
    package var deployment: Name
    package var incarnation: String
    /// Live requests that it is answering now, and those that wait for an instance.
    package var inFlight: Int
    /// Of clients.
    package var live: OutcomeReading.Counts
    /// Of copies that it was sent as the shadow.
    package var copied: OutcomeReading.Counts
    /// Copies that were compared with the live answer, where this deployment is the shadow.
    package var mirrored: OutcomeReading.PairCounts
    /// Copies that were not sent or not compared, because too many were under way.
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

    /// Everything that the deployment's model was asked, as ``OutcomeReading/deployments`` counts it on every backend:
    /// a shadow is judged by its copies.
    package var outcomes: OutcomeReading.Counts {
        live.combined(with: copied, +)
    }
}
