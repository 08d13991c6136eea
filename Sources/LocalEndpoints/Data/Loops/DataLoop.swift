internal import Logging
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import Rollouts
internal import SimulatedEndpoints

/// The state of one event loop of the data plane, accessed only on that loop.
final class DataLoop {
    let eventLoop: any EventLoop
    let limits: DataPlaneLimits
    let logsRequests: Bool
    let shared: DataPlaneShared
    /// The routing table for new requests.
    private(set) var table = CompiledTable.empty
    var random = SeededGenerator(seed: .random(in: .min ... .max))
    var ids = RequestIDs()
    let outbox: Outbox
    /// The number of bytes of request bodies held in memory.
    var heldBytes = 0
    private(set) lazy var upstream = UpstreamPools(limits: limits, loop: self)
    private(set) var clients: [ObjectIdentifier: ClientConnection] = [:]
    private(set) var isDraining = false
    /// The number of mirrored copies in flight, by shadow.
    var copies: [ObjectIdentifier: Int] = [:]
    private let wheel = DeadlineWheel(now: .now())
    private let began = NIODeadline.now()
    private var wake = NIODeadline.distantFuture
    private var dateLine: [UInt8] = []
    private var dateUntil = NIODeadline.uptimeNanoseconds(0)

    init(eventLoop: any EventLoop, limits: DataPlaneLimits, logsRequests: Bool, shared: DataPlaneShared) {
        self.eventLoop = eventLoop
        outbox = Outbox(eventLoop: eventLoop)
        self.limits = limits
        self.logsRequests = logsRequests
        self.shared = shared
    }

    func exchange(_ table: CompiledTable) {
        self.table = table
        upstream.keep(Set(table.endpoints.flatMap(\.deployments).flatMap(\.instances).map(ObjectIdentifier.init)))
    }

    /// Composes a message, to be sent right away.
    func message(_ write: (inout MessageWriter) -> Void) -> ByteBuffer { outbox.message(write) }

    // MARK: Clients

    /// Registers a client; returns false if the limit of connections is reached or the loop is draining.
    func add(_ client: ClientConnection) -> Bool {
        guard !isDraining, clients.count < limits.connections else { return false }
        clients[ObjectIdentifier(client)] = client
        shared.countConnection(1)
        return true
    }

    func remove(_ client: ClientConnection) {
        if clients.removeValue(forKey: ObjectIdentifier(client)) != nil { shared.countConnection(-1) }
    }

    /// Answers the requests in flight, then closes the connections.
    func drain() {
        isDraining = true
        for client in Array(clients.values) { client.drain() }
    }

    /// Closes the remaining connections and returns the number of answers that this cut off.
    func end() -> Int {
        isDraining = true
        let cut = Array(clients.values).count { $0.end() }
        upstream.keep([])
        return cut
    }

    /// Whether the data plane has just started, so that instances of existing deployments may still be starting.
    func isStarting(at now: NIODeadline) -> Bool { now - began < limits.firstInstance }

    // MARK: Time

    /// Schedules `member` so that it expires according to its expiry.
    func watch(_ member: any Expiring, at now: NIODeadline) {
        guard let moment = wheel.watch(member, at: now), moment < wake else { return }
        wakeUp(at: moment)
    }

    private func wakeUp(at moment: NIODeadline) {
        wake = moment
        eventLoop.assumeIsolated().scheduleTask(deadline: moment) {
            // An earlier wake-up may have been scheduled since and have done the work.
            guard self.wake == moment else { return }
            self.wake = .distantFuture
            if let next = self.wheel.advance(to: .now()), next < self.wake { self.wakeUp(at: next) }
        }
    }

    /// Runs `work` on this loop after `amount`, or immediately if that is less than a timer takes (50 µs).
    func after(_ amount: TimeAmount, _ work: @escaping () -> Void) {
        guard amount >= .microseconds(50) else { return work() }
        eventLoop.assumeIsolated().scheduleTask(in: amount, work)
    }

    /// The `date` header line including its line end, which RFC 9110 requires of a server with a clock.
    ///
    /// It is renewed with every second of the clock, so that the loops do not disagree.
    func dateLine(at now: NIODeadline) -> [UInt8] {
        if now >= dateUntil {
            let time = WallClock.now
            dateLine = Array("date: \(HTTPDate.text(at: time))\r\n".utf8)
            dateUntil = now + .milliseconds(1000 - time.milliseconds % 1000)
        }
        return dateLine
    }
}
