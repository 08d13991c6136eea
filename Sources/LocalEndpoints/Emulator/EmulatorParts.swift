internal import FoundationEssentials
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import RolloutEngine
internal import Rollouts
internal import ServiceLifecycle

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// The parts of a running emulator, and the order in which they start and stop.
actor EmulatorParts {
    private let configuration: Emulator.Configuration
    private let logger: Logger
    private let store: LocalStore
    private let dataPlane: DataPlane?
    private let accessLog: AccessLog?
    /// The event loop of all control planes in this process, which is never shut down.
    ///
    /// TLS connections send their closing message, under their own timer, after the server has stopped. They need a
    /// running event loop for it.
    private static let loops = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private var registry: EndpointRegistry?
    private var requests: RequestCount?
    private var services: ServiceGroup?
    private var life: Task<Void, any Error>?

    init(_ configuration: Emulator.Configuration, logger: Logger) async throws {
        self.configuration = configuration
        self.logger = logger
        store = try LocalStore(configuration.folder)
        guard configuration.servesInstances else {
            (dataPlane, accessLog) = (nil, nil)
            return
        }
        let port = try PreferredPort(store, "data", host: configuration.dataHost, asked: configuration.dataPort)
            .choose()
        var plane = DataPlane.Configuration(
            host: configuration.dataHost, port: port, threads: configuration.threads)
        plane.bandwidth = configuration.bandwidth
        plane.logsRequests = configuration.accessLog != .nowhere
        plane.accessLog = try AccessLog(configuration.accessLog)
        accessLog = plane.accessLog
        dataPlane = DataPlane(plane, logger: logger)
    }

    /// Restores the saved state and listens.
    func start() async throws -> ServeRecord {
        let clock = SystemClock()
        let now: @Sendable () -> Timestamp = { clock.now() }
        let folder = configuration.folder
        let dataPort = try await dataPlane?.start()
        if let dataPort { try store.set("data.port", to: String(dataPort)) }
        let dataOrigin = try dataOrigin(port: dataPort)
        let blobs = try BlobStore(folder: folder.assets, secret: try store.secret("blob.secret"))
        let registry = try EndpointRegistry(
            store: store, folder: folder,
            assets: AssetCatalog(store: store, folder: folder, blobs: blobs, yaml: configuration.yaml),
            dataPlane: dataPlane, times: configuration.times, now: now, logger: logger)
        self.registry = registry
        let plane = ControlPlane(registry: registry, store: store, blobs: blobs, dataOrigin: dataOrigin, now: now)
        let authority = try CertificateAuthority.load(folder.certificate, keyPath: folder.certificateKey, now: now())
        let token = try BearerToken.load(folder.token)
        let responder = ControlResponder(routes: plane.routes, token: SecretDigest(token), logger: logger)
        requests = responder.requests
        let (ports, port) = AsyncStream.makeStream(of: Int.self)
        let server = ControlServer(
            host: configuration.controlHost,
            port: try PreferredPort(
                store, "control", host: configuration.controlHost, asked: configuration.controlPort
            ).choose(),
            responder: responder,
            certificates: try ServerCertificates(authority, hosts: [configuration.controlHost], now: now),
            group: Self.loops, logger: logger, listening: { port.yield($0) })
        // Services stop in reverse order, so that no request arrives after the registry has stopped.
        let services = ServiceGroup(
            configuration: .init(
                services: [
                    .init(service: RegistryService(registry: registry, logger: logger)),
                    .init(service: server, successTerminationBehavior: .gracefullyShutdownGroup),
                ], logger: logger))
        self.services = services
        life = Task {
            defer { port.finish() }
            try await services.run()
        }
        // Restored endpoints are served again before the address is published.
        await registry.installedNow()
        guard let listening = await ports.first(where: { _ in true }) else {
            try await life?.value
            throw EmulatorError(.address, "the control plane stopped before it was listening")
        }
        try store.set("control.port", to: String(listening))
        return ServeRecord(
            pid: getpid(),
            control: "https://" + ListenAddress.authority(reachable(configuration.controlHost), listening),
            data: dataOrigin, started: now(), program: configuration.program, idle: configuration.idle,
            settings: ServeSettings(
                controlHost: configuration.controlHost, dataHost: configuration.dataHost,
                bandwidth: configuration.bandwidth, accessLog: configuration.accessLog.words),
            path: ServerEnvironment.inherited["PATH"])
    }

    /// The request counts of both planes; nil while a request is in flight.
    var activityMark: [Int]? {
        guard let dataPlane else { return [requests?.value ?? 0] }
        return dataPlane.activityMark.map { [$0, requests?.value ?? 0] }
    }

    func untilEnded() async throws { try await life?.value }

    func stop(draining: Interval) async {
        await services?.triggerGracefulShutdown()
        // The registry's loop ends at once; control plane connections end when their requests are answered.
        if await !hasEnded(within: draining + .seconds(2)) {
            life?.cancel()
            if await !hasEnded(within: .seconds(2)) { logger.error("the control plane did not stop in time") }
        }
        let cut = await dataPlane?.stop(draining: draining) ?? 0
        if cut > 0 {
            logger.warning(
                "answers that were still being sent were cut off",
                metadata: ["answers": "\(cut)", "drain": "\(draining)"])
        }
        await registry?.endInstances()
        await accessLog?.flush()
        do {
            try await registry?.saveTotals()
            try store.close()
        } catch {
            logger.error("the emulator did not stop cleanly", metadata: ["error": "\(error)"])
        }
    }

    /// Waits up to `limit` for the services to end; returns false if they are still running.
    private func hasEnded(within limit: Interval) async -> Bool {
        guard let life else { return true }
        let (answers, answer) = AsyncStream.makeStream(of: Bool.self)
        let end = Task { [logger] in
            if case .failure(let error) = await life.result, !(error is CancellationError), !Task.isCancelled {
                logger.error("the emulator did not stop cleanly", metadata: ["error": "\(error)"])
            }
            answer.yield(true)
        }
        let alarm = Task {
            try await Task.sleep(for: limit.duration)
            answer.yield(false)
        }
        defer {
            end.cancel()
            alarm.cancel()
        }
        return await answers.first { _ in true } ?? false
    }

    /// The data plane's origin; for a read-only emulator, the one that was used last.
    private func dataOrigin(port: Int?) throws -> String {
        let port = try port ?? store.setting("data.port").flatMap(Int.init) ?? configuration.dataPort
        return "http://" + ListenAddress.authority(configuration.dataHost, port)
    }

    /// The host through which clients on this machine can reach `host`, which may be a wildcard address.
    private func reachable(_ host: String) -> String { host == "0.0.0.0" ? "127.0.0.1" : host == "::" ? "::1" : host }
}

/// Runs the registry's loop, and saves the request counts every second.
private struct RegistryService: Service {
    let registry: EndpointRegistry
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { tasks in
                tasks.addTask { await registry.run() }
                tasks.addTask {
                    while !Task.isCancelled {
                        do {
                            try await Task.sleep(for: .seconds(1))
                            try await registry.saveTotals()
                        } catch is CancellationError {
                            return
                        } catch {
                            logger.error("could not save the request counts", metadata: ["error": "\(error)"])
                        }
                    }
                }
            }
        }
    }
}

extension EndpointRegistry {
    /// Stops every instance without changing the desired state.
    func endInstances() async {
        let groups = running.values.flatMap(\.groups)
        await withDiscardingTaskGroup { ends in
            for group in groups { ends.addTask { await group.stop(grace: Self.grace) } }
        }
        for deployment in running.values { await deployment.log.flush() }
        running = [:]
    }
}
