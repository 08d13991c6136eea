internal import NIOCore
internal import NIOHTTP1

/// A connection to a model server, which carries one request at a time and returns to its pool in between.
final class UpstreamConnection: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart

    private enum Progress {
        case waiting, inBody, complete
    }

    /// The time at which it became unused.
    var unusedSince = NIODeadline.distantFuture
    private let pool: UpstreamPool
    private let wire: Wire
    private var call: (any UpstreamCall)?
    /// The request to send once the connection is established.
    private var unsent: (head: ByteBuffer, body: ByteBuffer?)?
    /// Whether the request is a HEAD request.
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

    /// Attaches the connection to `channel`.
    func attach(to channel: any Channel) throws {
        try channel.pipeline.syncOperations.addHandlers(wire, self)
    }

    /// Sends a request as soon as the connection is established; `body` follows `head` unless it is part of it.
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

    /// Cancels the request, because its answer is no longer needed.
    func cancel() {
        call = nil
        unsent = nil
        // A connection that is still being established becomes an unused one. On an established one, an answer may
        // still arrive that belongs to no request, so it is closed.
        if isConnected { close() }
    }

    /// Stops reading from the server; ``resume()`` continues.
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

    /// Called when the connection could not be established.
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
            // No request asks for another protocol.
            guard head.status.code != 101, !head.hasUnsupportedCoding else { return fail(.broken) }
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
        // An error on an unused connection only closes the connection.
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

    /// Returns to the pool before the call is notified, so that the next request finds this connection there.
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
    /// Whether there is a transfer coding other than chunked; the body would be forwarded as if it had none.
    fileprivate var hasUnsupportedCoding: Bool {
        headers.contains { name, value in
            guard case .transferEncoding = HeaderKind(name) else { return false }
            return !value.trimmingOptionalSpace.isEqualIgnoringCase("chunked")
        }
    }
}
