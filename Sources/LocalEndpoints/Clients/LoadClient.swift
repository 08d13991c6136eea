internal import Dispatch
internal import NIOCore
internal import NIOPosix
internal import Rollouts
internal import Synchronization

/// The load generator's event-loop side: it paces and sends requests, keeps connections, and times out late requests.
///
/// All of it runs on one event loop; only the report and the target are behind locks.
final class LoadClient {
    private let settings: LoadGenerator.Settings
    private let shared: LoadState
    private let loop: any EventLoop
    private let ended: EventLoopPromise<Void>
    private var pacer: LoadPacer
    private var target: LoadTarget
    /// Idle connections, the least recently used first.
    ///
    /// The most recently used one is taken first, so that connections that a lower rate does not need become old and
    /// are closed.
    private var idle: [LoadConnection] = []
    private var busy: [ObjectIdentifier: LoadConnection] = [:]
    private var connecting = 0
    private var alarm: Scheduled<Void>?
    private var sweep: RepeatedTask?
    private var isStopped = false
    private var isOver = false
    /// How long `stop()` waits for answers to the last requests.
    private static let patience = TimeAmount.seconds(1)

    init(_ settings: LoadGenerator.Settings, _ shared: LoadState, loop: any EventLoop) {
        self.settings = settings
        self.shared = shared
        self.loop = loop
        ended = loop.makePromise()
        target = shared.target.withLock { $0 }
        pacer = LoadPacer(rate: settings.rate, start: Self.now())
    }

    static func now() -> Int64 { Int64(DispatchTime.now().uptimeNanoseconds) }

    func run() -> EventLoopFuture<Void> {
        let bound = NIOLoopBound(self, eventLoop: loop)
        sweep = loop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { _ in
            bound.value.closeIdleConnections()
        }
        tick()
        return ended.futureResult
    }

    /// Sends no more requests; ends once all requests in flight are answered, after one second at the latest.
    func stop() {
        guard !isStopped else { return }
        isStopped = true
        alarm?.cancel()
        sweep?.cancel()
        for connection in idle { connection.close() }
        idle = []
        loop.assumeIsolated().scheduleTask(in: Self.patience) { self.end() }
        endIfIdle()
    }

    private func endIfIdle() {
        if isStopped, busy.isEmpty, connecting == 0 { end() }
    }

    private func end() {
        guard !isOver else { return }
        isOver = true
        for connection in busy.values { connection.close() }
        busy = [:]
        ended.succeed()
    }

    private func tick() {
        guard !isStopped else { return }
        let due = pacer.due(at: Self.now())
        refreshTarget()
        if due.missed > 0 { shared.report.withLock { $0.dropped += due.missed } }
        for intended in due.intended { send(LoadRequest(intended: intended)) }
        alarm = loop.assumeIsolated().scheduleTask(in: .nanoseconds(max(pacer.next - Self.now(), 0))) { self.tick() }
    }

    /// Reads the current target, and closes idle connections if host or port has changed.
    private func refreshTarget() {
        let new = shared.target.withLock { $0 }
        guard new != target else { return }
        if (new.host, new.port) != (target.host, target.port) {
            for connection in idle { connection.close() }
            idle = []
        }
        target = new
    }

    private func send(_ request: LoadRequest) {
        guard busy.count + connecting < settings.maxInFlight else {
            return shared.report.withLock { $0.dropped += 1 }
        }
        if !request.isRepeated { shared.report.withLock { $0.sent += 1 } }
        if !request.isRepeated, let connection = idle.popLast() {
            use(connection, for: request)
        } else {
            connect(for: request)
        }
    }

    private func use(_ connection: LoadConnection, for request: LoadRequest) {
        busy[ObjectIdentifier(connection)] = connection
        connection.send(request, to: target)
    }

    private func connect(for request: LoadRequest) {
        connecting += 1
        let (host, port) = (target.host, target.port)
        let bound = NIOLoopBound(self, eventLoop: loop)
        ClientBootstrap(group: loop)
            .connectTimeout(.milliseconds(min(settings.timeout.milliseconds, 10_000)))
            .channelOption(.socketOption(.so_reuseaddr), value: 1)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        LoadConnection(to: host, port, of: channel, client: bound.value))
                }
            }
            .connect(host: host, port: port)
            .flatMapThrowing { channel in try channel.pipeline.syncOperations.handler(type: LoadConnection.self) }
            .assumeIsolated()
            .whenComplete { result in
                self.connecting -= 1
                switch result {
                case .success(let connection) where self.isOver: connection.close()
                case .success(let connection): self.use(connection, for: request)
                case .failure: self.shared.report.withLock { $0.note(.refused) }
                }
                self.endIfIdle()
            }
    }

    // MARK: - Events from connections

    func answered(_ connection: LoadConnection, _ request: LoadRequest, status: Int) {
        busy[ObjectIdentifier(connection)] = nil
        let nanoseconds = Self.now() - request.intended
        shared.report.withLock { $0.noteAnswer(status, nanoseconds: nanoseconds) }
        defer { endIfIdle() }
        guard connection.isReusable, !isStopped, (connection.host, connection.port) == (target.host, target.port)
        else { return connection.close() }
        idle.append(connection)
    }

    /// Records a failed request, or resends it once on a new connection if `isStale`.
    ///
    /// `isStale` means that a kept connection was closed before any part of the answer arrived, which a server may do
    /// at any time.
    func failed(_ connection: LoadConnection, _ request: LoadRequest, _ failure: LoadReport.Failure, isStale: Bool) {
        busy[ObjectIdentifier(connection)] = nil
        guard !isOver else { return }
        defer { endIfIdle() }
        guard isStale, !request.isRepeated else { return shared.report.withLock { $0.note(failure) } }
        shared.report.withLock { $0.repeated += 1 }
        var request = request
        request.isRepeated = true
        connect(for: request)
    }

    func closed(_ connection: LoadConnection) { idle.removeAll { $0 === connection } }

    private func closeIdleConnections() {
        let now = Self.now()
        let limit = now - settings.timeout.milliseconds * 1_000_000
        for connection in busy.values { connection.giveUp(since: limit) }
        // Unused for 30 s; the least recently used connections come first.
        let old = idle.prefix { $0.lastUsed < now - 30_000_000_000 }
        idle.removeFirst(old.count)
        for connection in old { connection.close() }
    }
}

/// One request, with the time at which it was due on the clock of ``LoadClient/now()``, in nanoseconds.
struct LoadRequest: Hashable {
    var intended: Int64
    var isRepeated = false
}
