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
    func begin(nanoseconds: UInt64, at now: NIODeadline) {
        let message = AnswerMessage(exchange, nanoseconds: nanoseconds, at: now)
        client.send(exchange.loop.message { message.writeHead(framing, to: &$0) })
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
            client.send(
                exchange.loop.message { writer in
                    writer.write("0\r\n")
                    exchange.delay.writeTrailers(to: &writer)
                    writer.write("\r\n")
                })
        } else {
            client.closesAfterThis()
        }
        exchange.streamEnded()
    }

    private func send(_ part: ByteBuffer) {
        client.expire(after: exchange.loop.limits.stall, at: .now())
        if case .chunks = framing {
            client.send(exchange.loop.message { $0.writeChunkSize(part.readableBytes) }, body: part)
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
