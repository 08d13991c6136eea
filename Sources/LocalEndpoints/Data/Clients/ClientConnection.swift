#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif
internal import NIOCore
internal import NIOHTTP1

/// A client's connection, which answers one request completely before it processes the next.
final class ClientConnection: ChannelInboundHandler, Expiring {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = ByteBuffer

    private enum Phase {
        /// Waiting for a complete head.
        case idle
        /// Receiving a body.
        case receiving
        /// Receiving a body that is not wanted; it is read so that the client gets to read the reason.
        indirect case refusing(PlatformAnswer)
        case answering(Exchange)
        /// The last answer is sent; input is dropped until the client closes its side.
        case lingering
        case closed
    }

    var expiry = Expiry()
    let loop: DataLoop
    private let wire: Wire
    private var context: ChannelHandlerContext?
    private var phase = Phase.idle
    /// False while so much output is pending that the client must be reading slowly.
    private(set) var isWritable = true
    private var incoming: IncomingRequest?
    /// Parts of later requests that arrived before the present one was answered.
    private var backlog = CircularBuffer<HTTPServerRequestPart>(initialCapacity: 0)
    private var backlogBytes = 0
    private var isProcessingBacklog = false
    private var readWaits = false
    /// The answer to invalid input that followed the requests in the backlog.
    private var closing: PlatformAnswer?
    /// The time since which a body that did not arrive with its head has been awaited.
    private var bodyBegan: NIODeadline?
    private var inputIsClosed = false
    private var isDraining = false
    /// The number of bytes that the present request's body contributes to the loop's `heldBytes`.
    private var held = 0
    /// The number of body bytes that arrived after the last answer.
    private var dropped = 0
    /// The minor HTTP version of the present request, and whether another request may follow.
    private(set) var minorVersion = 1
    private(set) var keepsAlive = true
    /// Whether the present request is a HEAD request: a body would be mistaken for the next answer.
    private(set) var answersHead = false

    /// The client's IP address as text, for the model's server.
    private var address: [UInt8] = []

    private static let backlogLimit = 64 * 1024
    /// A client that half-closes its connection within this time of its request may still be waiting for the answer;
    /// one that does so later has disconnected.
    private static let halfClosing = TimeAmount.milliseconds(100)

    init(_ wire: Wire, loop: DataLoop) {
        self.wire = wire
        self.loop = loop
    }

    // MARK: Channel

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelActive(context: ChannelHandlerContext) {
        guard loop.add(self) else { return context.close(promise: nil) }
        address = (context.remoteAddress?.ipAddress).map { Array($0.utf8) } ?? []
        expire(after: loop.limits.idle, at: .now())
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        if case .answering(let exchange) = phase { exchange.abandon() }
        phase = .closed
        expiry.moment = .distantFuture
        backlog.removeAll()
        incoming = nil
        releaseHeld()
        loop.remove(self)
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var part = unwrapInboundIn(data)
        switch part {
        case .head(var head):
            wire.restore(&head)
            part = .head(head)
        case .end: wire.endMessage()
        case .body: break
        }
        switch phase {
        case .closed: return
        case .lingering: drop(part)
        case .answering: postpone(part)
        case .idle, .receiving, .refusing:
            // No further requests are processed for a client that does not read its answers.
            if backlog.isEmpty, isWritable { receive(part) } else { postpone(part) }
        }
    }

    /// Stops reading while the backlog is so large that the client is probably not reading its answers.
    func channelReadComplete(context: ChannelHandlerContext) {
        startBodyTimeout()
        if backlogBytes > Self.backlogLimit { readWaits = true } else { wire.read() }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        isWritable = context.channel.isWritable
        if isWritable {
            if case .answering(let exchange) = phase { exchange.clientIsWritable() } else { processBacklog() }
        }
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard let event = event as? ChannelEvent, event == .inputClosed else {
            return context.fireUserInboundEventTriggered(event)
        }
        inputIsClosed = true
        switch phase {
        case .answering(let exchange):
            if backlog.isEmpty, NIODeadline.now() - exchange.began > Self.halfClosing { close() }
        case .idle: if backlog.isEmpty { close() }
        case .receiving, .refusing: if backlog.isEmpty { refuse(.malformed("The request is incomplete.")) }
        case .lingering, .closed: close()
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let answer = PlatformAnswer(error) else { return close() }
        switch phase {
        case .answering: closing = closing ?? answer
        case .idle, .receiving, .refusing: if backlog.isEmpty { refuse(answer) } else { closing = closing ?? answer }
        case .lingering, .closed: break
        }
    }

    func expire(at now: NIODeadline) {
        expiry.moment = .distantFuture
        switch phase {
        case .answering(let exchange): exchange.expire(at: now)
        case .receiving: refuse(.slowBody)
        case .refusing(let answer): refuse(answer)
        case .idle, .lingering: close()
        case .closed: break
        }
    }

    func expire(after amount: TimeAmount, at now: NIODeadline) {
        expiry.moment = now + amount
        loop.watch(self, at: now)
    }

    /// Closes the connection as soon as the requests that have begun are answered.
    func drain() {
        isDraining = true
        if case .idle = phase, backlog.isEmpty { close() }
    }

    /// Closes the connection now; returns true if this cut off an answer.
    func end() -> Bool {
        guard case .answering(let exchange) = phase else {
            close()
            return false
        }
        exchange.cutOff()
        return true
    }

    // MARK: Requests

    private func postpone(_ part: HTTPServerRequestPart) {
        if case .body(let body) = part { backlogBytes += body.readableBytes }
        backlogBytes += 64
        backlog.append(part)
    }

    /// Drops input up to the maximum size of a body, so that an endless body is not read forever.
    private func drop(_ part: HTTPServerRequestPart) {
        if case .body(let body) = part { dropped += body.readableBytes }
        if dropped > loop.limits.bodyBytes { close() }
    }

    private func receive(_ part: HTTPServerRequestPart) {
        switch part {
        case .head(let head): begin(head)
        case .body(let body): take(body)
        case .end: finishReceiving()
        }
    }

    private func begin(_ head: HTTPRequestHead) {
        keepsAlive = head.isKeepAlive
        minorVersion = head.version.minor
        answersHead = head.method == .HEAD
        do {
            let incoming = try IncomingRequest(head, on: loop)
            incoming.clientAddress = address
            if let length = incoming.facts.contentLength, length > loop.limits.bodyBytes {
                return refuse(.tooLarge(limit: loop.limits.bodyBytes))
            }
            phase = .receiving
            if incoming.facts.expectsContinue { send(ByteBuffer(string: "HTTP/1.1 100 Continue\r\n\r\n")) }
            if !incoming.facts.connectionFields.isEmpty, Self.requestsOtherProtocol(head) { keepsAlive = false }
            self.incoming = incoming
        } catch {
            // A client that waits for `100 Continue` gets the answer now; other clients read it after they have sent
            // the body.
            let waits = head.headers.contains(name: "expect")
            guard !error.closes, !waits else { return refuse(error) }
            if Self.requestsOtherProtocol(head) { keepsAlive = false }
            phase = .refusing(error)
        }
    }

    /// Whether the parser stops after this request, because it expects another protocol, which this server does not
    /// support.
    private static func requestsOtherProtocol(_ head: HTTPRequestHead) -> Bool {
        head.method == .CONNECT || head.headers.contains(name: "upgrade")
    }

    /// Starts the timeout for a body that did not arrive with its head.
    private func startBodyTimeout() {
        guard bodyBegan == nil else { return }
        switch phase {
        case .receiving, .refusing:
            let now = NIODeadline.now()
            bodyBegan = now
            expire(after: loop.limits.bodyGrace, at: now)
        case .idle, .answering, .lingering, .closed: break
        }
    }

    private func take(_ part: ByteBuffer) {
        switch phase {
        case .receiving: break
        case .refusing(let answer):
            held += part.readableBytes
            loop.heldBytes += part.readableBytes
            if held > loop.limits.bodyBytes { refuse(answer) }
            return
        case .idle, .answering, .lingering, .closed: return
        }
        held += part.readableBytes
        loop.heldBytes += part.readableBytes
        guard held <= loop.limits.bodyBytes else { return refuse(.tooLarge(limit: loop.limits.bodyBytes)) }
        guard loop.heldBytes <= loop.limits.heldBytes else { return refuse(.outOfMemory) }
        guard incoming?.append(part) == true else { return }
        // A part after the first: the body arrives in pieces and must keep up a minimum rate.
        guard let began = bodyBegan else { return }
        let allowed = loop.limits.bodyGrace + .milliseconds(Int64(held * 1000 / max(loop.limits.bodyRate, 1)))
        expiry.moment = began + allowed
    }

    private func finishReceiving() {
        bodyBegan = nil
        switch phase {
        case .receiving:
            guard let incoming else { return }
            self.incoming = nil
            dispatch(incoming)
        case .refusing(let answer):
            rejectAndContinue(answer)
        case .idle, .answering, .lingering, .closed: break
        }
    }

    private func dispatch(_ incoming: IncomingRequest) {
        do {
            // The table was replaced while the body arrived; the request is routed by the new one.
            if incoming.table !== loop.table { try incoming.resolve(on: loop) }
        } catch {
            return rejectAndContinue(error)
        }
        switch incoming.destination {
        case .page(let page):
            send(loop.message { page.write(to: &$0, to: self) })
            ended(at: .now())
        case .model(let destination):
            let exchange = Exchange(destination, incoming, client: self)
            phase = .answering(exchange)
            expiry.moment = .distantFuture
            exchange.start()
        }
    }

    // MARK: Answers

    /// The `Connection` header line of an answer; empty if the HTTP version's default applies.
    var connectionLine: StaticString {
        if closesAfterAnswer { return "connection: close\r\n" }
        return minorVersion == 0 ? "connection: keep-alive\r\n" : ""
    }

    private var closesAfterAnswer: Bool { !keepsAlive || isDraining || (inputIsClosed && backlog.isEmpty) }

    func send(_ message: ByteBuffer) { wire.send(message) }

    func send(_ head: ByteBuffer, body: ByteBuffer) { wire.send(head, body: body) }

    /// Called when the present request is completely answered.
    func ended(at now: NIODeadline) {
        releaseHeld()
        guard !closesAfterAnswer else { return closeAfterWriting() }
        phase = .idle
        answersHead = false
        expire(after: loop.limits.idle, at: now)
        processBacklog()
    }

    /// Marks the end of the connection as the end of the present answer.
    func closeAfterCurrentAnswer() { keepsAlive = false }

    /// Closes the connection so that the client can see that the present answer is incomplete.
    ///
    /// To an HTTP/1.0 client, the end of the connection may mark the end of the body, so the connection is reset
    /// instead.
    func abortAnswer() {
        if minorVersion == 0, let socket = context?.channel as? any SocketOptionProvider {
            wire.flush()
            // This fails only if the connection is already closed.
            _ = socket.setSoLinger(linger(l_onoff: 1, l_linger: 0))
        }
        close()
    }

    private func rejectAndContinue(_ answer: PlatformAnswer) {
        loop.shared.countRefused(answer.status)
        send(loop.message { answer.write(to: &$0, id: loop.ids.next(), to: self, connection: connectionLine) })
        ended(at: .now())
    }

    /// Answers immediately and accepts no more requests.
    private func refuse(_ answer: PlatformAnswer) {
        loop.shared.countRefused(answer.status)
        keepsAlive = false
        incoming = nil
        send(
            loop.message { answer.write(to: &$0, id: loop.ids.next(), to: self, connection: "connection: close\r\n") })
        closeAfterWriting()
    }

    private func processBacklog() {
        guard !isProcessingBacklog else { return }
        isProcessingBacklog = true
        defer { isProcessingBacklog = false }
        while isWritable {
            switch phase {
            case .answering, .lingering, .closed: return
            case .idle, .receiving, .refusing: break
            }
            guard let part = backlog.popFirst() else { break }
            backlogBytes -= 64
            if case .body(let body) = part { backlogBytes -= body.readableBytes }
            receive(part)
        }
        startBodyTimeout()
        guard backlog.isEmpty else { return }
        if let closing { return refuse(closing) }
        if inputIsClosed { return rejectIncomplete() }
        if readWaits {
            readWaits = false
            wire.read()
        }
    }

    /// The connection ended after the last request in the backlog.
    private func rejectIncomplete() {
        if case .idle = phase { close() } else { refuse(.malformed("The request is incomplete.")) }
    }

    private func releaseHeld() {
        loop.heldBytes -= held
        held = 0
    }

    /// Closes this side once everything is written, and the connection when the client closes its side or a timeout
    /// expires.
    private func closeAfterWriting() {
        phase = .lingering
        releaseHeld()
        backlog.removeAll()
        backlogBytes = 0
        expire(after: loop.limits.linger, at: .now())
        guard let context else { return }
        guard !inputIsClosed else {
            let written = context.eventLoop.makePromise(of: Void.self)
            written.futureResult.assumeIsolated().whenComplete { _ in self.close() }
            return context.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: written)
        }
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenComplete { _ in context.close(mode: .output, promise: nil) }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: written)
        if readWaits {
            readWaits = false
            wire.read()
        }
    }

    private func close() { wire.close() }
}
