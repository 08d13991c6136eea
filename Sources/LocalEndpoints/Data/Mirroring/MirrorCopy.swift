internal import NIOCore
internal import NIOHTTP1
internal import Rollouts
internal import SimulatedEndpoints

/// The copy of one live request that is sent to the shadow.
///
/// Its result never affects the live request.
final class MirrorCopy: UpstreamCall, Seatable, Expiring {
    var expiry = Expiry()
    private let loop: DataLoop
    private let shadow: CompiledDeployment
    /// `nil` once the copy has ended: the wheel may keep this object for a while, which should not keep the body in
    /// memory.
    private var work: (request: IncomingRequest, pair: MirrorPair)?
    private let load: LoadClock
    private let began: NIODeadline
    private var ticket: UInt64?
    private var instance: Instance?
    private var connection: UpstreamConnection?
    private var status = 0
    private var body: ComparedBody
    private var bodyBytes = 0
    /// The final deadline, set when the live request has ended, even if the copy's answer is still arriving.
    private var last = NIODeadline.distantFuture

    /// Returns `nil` if too many copies are in flight; the copy is then counted as dropped.
    init?(
        of request: IncomingRequest, for shadow: CompiledDeployment, pair: MirrorPair, load: LoadClock,
        on loop: DataLoop
    ) {
        let key = ObjectIdentifier(shadow.state)
        guard loop.copies[key, default: 0] < loop.limits.copies else {
            shadow.state.countDroppedCopy()
            return nil
        }
        loop.copies[key, default: 0] += 1
        self.loop = loop
        self.shadow = shadow
        work = (request, pair)
        self.load = load
        began = .now()
        body = ComparedBody(limit: loop.limits.comparedBytes)
    }

    func start() {
        let entry = shadow.state.enter(.copy, at: began) { Waiter(self, on: loop.eventLoop) }
        switch entry {
        case .seated(let instance): run(at: instance)
        case .waits(let ticket), .waitsForFirst(let ticket):
            self.ticket = ticket
            expire(after: shadow.maxQueueWait)
        case .full: drop()
        case .noInstanceReady: end(.platformFailed, at: .now())
        }
    }

    func seat(at instance: Instance) {
        ticket = nil
        guard work != nil else { return shadow.state.leave(.copy, instance, at: .now()) }
        run(at: instance)
    }

    func expire(at now: NIODeadline) {
        expiry.moment = .distantFuture
        guard work != nil else { return }
        if let ticket {
            if shadow.state.abandon(.copy, ticket) { drop() }
        } else {
            end(.timedOut, at: now)
        }
    }

    private func expire(after amount: TimeAmount) {
        let now = NIODeadline.now()
        expiry.moment = min(now + amount, last)
        loop.watch(self, at: now)
    }

    /// Sets the final deadline when the live request has ended: the copy may take `duration` plus its timeout from now
    /// on.
    func liveEnded(after duration: TimeAmount) {
        guard work != nil, instance != nil else { return }
        last = NIODeadline.now() + duration + shadow.timeout
        guard last < expiry.moment else { return }
        expiry.moment = last
        loop.watch(self, at: .now())
    }

    private func run(at instance: Instance) {
        guard let request = work?.request else { return }
        self.instance = instance
        expire(after: shadow.timeout)
        if let player = instance.player {
            let answer = player.answerOther(load, using: &loop.random)
            status = answer.status
            body = ComparedBody(ByteBuffer(string: answer.body))
            bodyBytes = answer.body.utf8.count
            loop.after(.nanoseconds(answer.nanoseconds)) { self.complete(at: .now()) }
        } else if case .server(let address) = instance.target {
            let connection = loop.upstream.pool(.copy, for: instance, at: address).take(fresh: false)
            self.connection = connection
            guard let destination = request.model else { return }
            let message = loop.message { request.write(destination, to: &$0, for: instance) }
            connection.send(message, body: request.separateBody, asksForHead: false, for: self)
        }
    }

    // MARK: Answer

    func receive(_ head: HTTPResponseHead) { status = Int(head.status.code) }

    func receive(_ part: ByteBuffer) {
        bodyBytes += part.readableBytes
        body.append(part)
    }

    /// Extends the deadline: the timeout applies to the first byte and to every pause after it.
    func receivedSoFar() { expire(after: shadow.timeout) }

    func complete(at now: NIODeadline) {
        connection = nil
        end(status == 200 ? .answered : .modelFailed, at: now)
    }

    func fail(_ failure: UpstreamFailure) {
        connection = nil
        end(.platformFailed, at: .now())
    }

    private func end(_ outcome: RequestOutcome, at now: NIODeadline) {
        guard let (request, pair) = work else { return }
        let latency = (now - began).nanoseconds
        RequestLine(
            outcome: outcome, method: request.head.method.rawValue, path: request.model?.loggedPath ?? "/",
            modelStatus: status,
            bytes: bodyBytes, nanoseconds: latency, id: request.id, clientRequestID: nil, isCopy: true
        ).append(to: shadow, by: instance, on: loop)
        shadow.state.end(.copy, outcome, nanoseconds: UInt64(clamping: latency), leaving: instance, at: now)
        instance = nil
        pair.endCopy(
            MirrorPair.End(answer: outcome == .answered ? body : nil, nanoseconds: UInt64(clamping: latency)))
        free()
    }

    /// Drops the copy because no place in the queue became free.
    private func drop() {
        guard work != nil else { return }
        shadow.state.countDroppedCopy()
        free()
    }

    private func free() {
        work = nil
        body = ComparedBody(limit: 0)
        expiry.moment = .distantFuture
        connection?.cancel()
        connection = nil
        if let instance { shadow.state.leave(.copy, instance, at: .now()) }
        instance = nil
        let key = ObjectIdentifier(shadow.state)
        let left = loop.copies[key, default: 1] - 1
        loop.copies[key] = left > 0 ? left : nil
    }
}
