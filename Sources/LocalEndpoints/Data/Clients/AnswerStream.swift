internal import NIOCore

/// A long answer that is forwarded as it arrives, no faster than the client reads and the bandwidth allows.
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
        framing =
            if client.minorVersion > 0 {
                .chunks
            } else if let length = exchange.answer.announcedLength {
                .length(length)
            } else {
                .untilClose
            }
    }

    /// Sends the head and the part of the body received so far.
    func begin(nanoseconds: UInt64, at now: NIODeadline) {
        let message = AnswerMessage(exchange, nanoseconds: nanoseconds, at: now)
        client.send(exchange.loop.message { message.writeHead(framing, to: &$0) })
        let held = exchange.takeHeldBody()
        if held.readableBytes > 0 { send(held) } else { watch() }
    }

    func pass(_ part: ByteBuffer) {
        exchange.countPassed(part)
        send(part)
    }

    func clientIsWritable() {
        guard !waitsForBandwidth else { return }
        watch()
        connection.resume()
    }

    /// The model server has sent the complete answer.
    func end() {
        isComplete = true
        if !waitsForBandwidth { finish() }
    }

    private func finish() {
        switch framing {
        case .chunks:
            client.send(
                exchange.loop.message { writer in
                    writer.write("0\r\n")
                    exchange.delay.writeTrailers(to: &writer)
                    writer.write("\r\n")
                })
        case .untilClose: client.closeAfterCurrentAnswer()
        case .length, .noBody: break
        }
        exchange.streamEnded()
    }

    private func send(_ part: ByteBuffer) {
        if case .chunks = framing {
            client.send(exchange.loop.message { $0.writeChunkSize(part.readableBytes) }, body: part)
            client.send(ByteBuffer(string: "\r\n"))
        } else {
            client.send(part)
        }
        if !client.isWritable { connection.pause() }
        watch()
        hold(part.readableBytes)
    }

    /// Sets the timeout for the model's next part, or for the client to read if it has fallen behind.
    private func watch() {
        let limit = client.isWritable ? exchange.deployment.timeout : exchange.loop.limits.stall
        client.expire(after: limit, at: .now())
    }

    private func hold(_ bytes: Int) {
        guard let wait = exchange.destination.endpoint.bandwidth?.take(bytes, at: .now()), wait > .zero,
            !waitsForBandwidth
        else { return }
        exchange.delay.answer = exchange.delay.answer + wait
        waitsForBandwidth = true
        connection.pause()
        client.expire(after: wait + exchange.deployment.timeout, at: .now())
        exchange.loop.after(wait) { [weak self] in
            guard let self else { return }
            self.waitsForBandwidth = false
            if self.isComplete { return self.finish() }
            self.watch()
            if self.client.isWritable { self.connection.resume() }
        }
    }
}
