internal import NIOCore
internal import NIOHTTP1

/// A connection to a model server: carries one request at a time, and goes back to its pool in between.
final class UpstreamConnection: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart

    private enum Progress {
        case waiting, inBody, complete
    }

    /// When it became unused.
    var unusedSince = NIODeadline.distantFuture
    private let pool: UpstreamPool
    private let wire: Wire
    private var call: (any UpstreamCall)?
    /// What is sent once it is connected.
    private var unsent: (head: ByteBuffer, body: ByteBuffer?)?
    /// The request is one for a head only.
    private var asksForHead = false
    private var progress = Progress.waiting
    private var isConnected = false
    private var isReused = false
    private var keepsAlive = false
    private var isClosed = false
    private var isPaused = false
    private var readWaits = false

    init(pool: UpstreamPool, limits: DataPlaneLimits, outbox: Outbox) {
        self.pool = pool
        wire = .answers(within: limits, by: outbox)
    }

    /// Makes `channel` this connection's.
    func attach(to channel: any Channel) throws {
        try channel.pipeline.syncOperations.addHandlers(wire, self)
    }

    /// Sends a request, at once or as soon as it is connected; `body` follows `head` where it isn't part of it.
    func send(_ head: ByteBuffer, body: ByteBuffer?, asksForHead: Bool, for call: any UpstreamCall) {
        self.call = call
        self.asksForHead = asksForHead
        progress = .waiting
        guard isConnected else {
            unsent = (head, body)
            return
        }
        write(head, body)
    }

    /// Nobody waits for the answer any more.
    func cancel() {
        call = nil
        unsent = nil
        // Still connecting: it will be an unused connection. Else an answer may come, that is nobody's.
        if isConnected { close() }
    }

    /// Reads no further until ``resume()``.
    func pause() { isPaused = true }

    func resume() {
        isPaused = false
        guard readWaits else { return }
        readWaits = false
        wire.read()
    }

    func close() {
        isClosed = true
        wire.close()
    }

    /// No connection could be made.
    func connectFailed() {
        isClosed = true
        let call = call
        self.call = nil
        call?.fail(.unreachable)
    }

    private func write(_ head: ByteBuffer, _ body: ByteBuffer?) {
        wire.expectAnswer(toHead: asksForHead)
        if let body { wire.send(head, body: body) } else { wire.send(head) }
    }

    // MARK: Channel

    func channelActive(context: ChannelHandlerContext) {
        isConnected = true
        context.fireChannelActive()
        if let (head, body) = unsent {
            unsent = nil
            write(head, body)
        } else if call == nil {
            pool.put(self, at: .now())
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard let call else { return }
        switch unwrapInboundIn(data) {
        case .head(var head):
            progress = .inBody
            wire.restore(&head)
            // Nobody asked for another protocol.
            guard head.status.code != 101, !head.hasForeignCoding else { return fail(.broken) }
            keepsAlive = head.isKeepAlive
            call.receive(head)
        case .body(let body): call.receive(body)
        case .end:
            progress = .complete
            wire.endMessage()
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if progress == .complete { finish() } else if progress == .inBody { call?.receivedSoFar() }
        if isPaused { readWaits = true } else { wire.read() }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // What is wrong with a connection that nobody uses ends it, and no more.
        fail(progress == .waiting && !(error is HTTPParserError) ? .unanswered(reused: isReused) : .broken)
    }

    func channelInactive(context: ChannelHandlerContext) {
        isConnected = false
        isClosed = true
        if progress == .complete {
            finish()
        } else {
            fail(progress == .waiting ? .unanswered(reused: isReused) : .broken)
        }
        context.fireChannelInactive()
    }

    private func fail(_ failure: UpstreamFailure) {
        let call = call
        self.call = nil
        _ = pool.discard(self)
        close()
        call?.fail(failure)
    }

    /// Goes back to the pool before its call hears of the end, so that who is next finds it there.
    private func finish() {
        guard let call else { return }
        let now = NIODeadline.now()
        self.call = nil
        progress = .waiting
        isReused = true
        isPaused = false
        if keepsAlive, !isClosed { pool.put(self, at: now) } else { close() }
        call.complete(at: now)
    }
}

extension HTTPResponseHead {
    /// True with a transfer coding other than chunks: the body would be passed on as if it had none.
    fileprivate var hasForeignCoding: Bool {
        headers.contains { name, value in
            guard case .transferEncoding = HeaderKind(name) else { return false }
            return !value.trimmingOptionalSpace.isEqualIgnoringCase("chunked")
        }
    }
}
