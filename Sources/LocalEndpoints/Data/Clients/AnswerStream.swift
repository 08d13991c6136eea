internal import NIOCore

/// A long answer that is passed on while it comes, no faster than the client reads and the bandwidth allows.
final class AnswerStream {
    private unowned let exchange: Exchange
    private let connection: UpstreamConnection
    private let client: ClientConnection
    private let framing: AnswerFraming
    private var waitsForBandwidth = false
    private var isComplete = false

    init(_ exchange: Exchange, from connection: UpstreamConnection) {
        self.exchange = exchange
        self.connection = connection
        client = exchange.client
        framing = client.minorVersion > 0 ? .chunks : .untilClose
    }

    /// Sends the head, and what is held of the body.
    func begin(nanoseconds: UInt64) {
        AnswerMessage(exchange, nanoseconds: nanoseconds).writeHead(framing, to: &exchange.loop.scratch)
        client.send(exchange.loop.scratch)
        send(exchange.takeHeldBody())
    }

    func pass(_ part: ByteBuffer) {
        exchange.countPassed(part)
        send(part)
    }

    func clientIsWritable() {
        client.expire(after: exchange.loop.limits.stall, at: .now())
        if !waitsForBandwidth { connection.resume() }
    }

    /// The model server has sent everything.
    func end() {
        isComplete = true
        if !waitsForBandwidth { finish() }
    }

    private func finish() {
        if case .chunks = framing {
            var last = ByteBuffer(string: "0\r\n")
            exchange.delay.writeTrailers(to: &last)
            last.writeStaticString("\r\n")
            client.send(last)
        } else {
            client.closesAfterThis()
        }
        exchange.streamEnded()
    }

    private func send(_ part: ByteBuffer) {
        client.expire(after: exchange.loop.limits.stall, at: .now())
        if case .chunks = framing {
            var size = ByteBuffer()
            size.writeChunkSize(part.readableBytes)
            client.send(size, body: part)
            client.send(ByteBuffer(string: "\r\n"))
        } else {
            client.send(part)
        }
        if !client.isWritable { connection.pause() }
        hold(part.readableBytes)
    }

    private func hold(_ bytes: Int) {
        guard let wait = exchange.destination.endpoint.bandwidth?.take(bytes, at: .now()), wait > .zero,
            !waitsForBandwidth
        else { return }
        exchange.delay.answer = exchange.delay.answer + wait
        waitsForBandwidth = true
        connection.pause()
        client.expire(after: wait + exchange.loop.limits.stall, at: .now())
        exchange.loop.after(wait) { [weak self] in
            guard let self else { return }
            self.waitsForBandwidth = false
            if self.isComplete { return self.finish() }
            if self.client.isWritable { self.connection.resume() }
        }
    }
}
