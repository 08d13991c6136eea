internal import Logging
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import Rollouts
internal import SimulatedEndpoints

/// What one event loop of the data plane holds; nothing of it is touched from elsewhere.
final class DataLoop {
    let eventLoop: any EventLoop
    let limits: DataPlaneLimits
    let logsRequests: Bool
    let shared: DataPlaneShared
    /// What new requests go by.
    private(set) var table = CompiledTable.empty
    var random = SeededGenerator(seed: .random(in: .min ... .max))
    var ids = RequestIDs()
    let outbox: Outbox
    /// Bytes of request bodies that are held.
    var heldBytes = 0
    private(set) lazy var upstream = UpstreamPools(limits: limits, loop: self)
    private(set) var clients: [ObjectIdentifier: ClientConnection] = [:]
    private(set) var isDraining = false
    /// Copies under way, by shadow.
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

    /// A message that `write` writes, to be sent at once.
    func message(_ write: (inout MessageWriter) -> Void) -> ByteBuffer { outbox.message(write) }

    // MARK: Clients

    /// False where there are too many, or none are taken any more.
    func add(_ client: ClientConnection) -> Bool {
        guard !isDraining, clients.count < limits.connections else { return false }
        clients[ObjectIdentifier(client)] = client
        shared.countConnection(1)
        return true
    }

    func remove(_ client: ClientConnection) {
        if clients.removeValue(forKey: ObjectIdentifier(client)) != nil { shared.countConnection(-1) }
    }

    /// Answers what is under way, and then closes.
    func drain() {
        isDraining = true
        for client in Array(clients.values) { client.drain() }
    }

    /// Closes what is left, and returns how many answers were cut by that.
    func end() -> Int {
        isDraining = true
        let cut = Array(clients.values).count { $0.end() }
        upstream.keep([])
        return cut
    }

    /// True shortly after the data plane began, when instances of what it served before may still be starting.
    func isStarting(at now: NIODeadline) -> Bool { now - began < limits.firstInstance }

    // MARK: Time

    /// Sees to it that `member` expires by its expiry.
    func watch(_ member: any Expiring, at now: NIODeadline) {
        guard let moment = wheel.watch(member, at: now), moment < wake else { return }
        wakeUp(at: moment)
    }

    private func wakeUp(at moment: NIODeadline) {
        wake = moment
        eventLoop.assumeIsolated().scheduleTask(deadline: moment) {
            // An earlier one may have been asked for since, and has done the work.
            guard self.wake == moment else { return }
            self.wake = .distantFuture
            if let next = self.wheel.advance(to: .now()), next < self.wake { self.wakeUp(at: next) }
        }
    }

    /// Runs `work` later on this loop; at once where it is to wait for less than a timer would take.
    func after(_ amount: TimeAmount, _ work: @escaping () -> Void) {
        guard amount >= .microseconds(50) else { return work() }
        eventLoop.assumeIsolated().scheduleTask(in: amount, work)
    }

    /// `date: …` with its end, as RFC 9110 wants it of a server with a clock; made anew with every second of the clock, so
    /// that no loop is behind another.
    func dateLine(at now: NIODeadline) -> [UInt8] {
        if now >= dateUntil {
            let time = WallClock.now
            dateLine = Array("date: \(HTTPDate.text(at: time))\r\n".utf8)
            dateUntil = now + .milliseconds(1000 - time.milliseconds % 1000)
        }
        return dateLine
    }
}
