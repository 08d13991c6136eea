internal import NIOCore

/// The message that a client gets for what a model said.
struct AnswerMessage {
    private let exchange: Exchange
    /// How long the model took.
    private let nanoseconds: UInt64

    init(_ exchange: Exchange, nanoseconds: UInt64) {
        self.exchange = exchange
        self.nanoseconds = nanoseconds
    }

    /// Writes everything up to the body.
    func writeHead(_ framing: AnswerFraming, to buffer: inout ByteBuffer) {
        let answer = exchange.answer
        buffer.clear()
        buffer.writeImmutableBuffer(exchange.deployment.heads.begin(modelStatus: answer.status))
        exchange.request.id.write(to: &buffer)
        buffer.writeStaticString("\r\n")
        if let id = exchange.clientRequestID {
            buffer.writeStaticString("x-ms-client-request-id: ")
            buffer.writeString(id)
            buffer.writeStaticString("\r\n")
        }
        buffer.writeImmutableBuffer(exchange.loop.dateLine(at: .now()))
        answer.writeLines(to: &buffer, nanoseconds: nanoseconds)
        if case .untilClose = framing {
            buffer.writeStaticString("connection: close\r\n")
        } else {
            buffer.writeStaticString(exchange.client.connectionLine)
        }
        framing.write(to: &buffer)
    }

    /// Sends an answer that is complete; in chunks only if there are trailers to send.
    func send(by client: ClientConnection) {
        let loop = exchange.loop
        let body = exchange.answer.body
        guard exchange.delay.isDelayed, client.minorVersion > 0, body.readableBytes > 0 else {
            writeHead(.length(body.readableBytes), to: &loop.scratch)
            guard body.readableBytes > UpstreamRequest.joinedBytes else {
                loop.scratch.writeImmutableBuffer(body)
                return client.send(loop.scratch)
            }
            return client.send(loop.scratch, body: body)
        }
        writeHead(.chunks, to: &loop.scratch)
        loop.scratch.writeChunkSize(body.readableBytes)
        loop.scratch.writeImmutableBuffer(body)
        loop.scratch.writeStaticString("\r\n0\r\n")
        exchange.delay.writeTrailers(to: &loop.scratch)
        loop.scratch.writeStaticString("\r\n")
        client.send(loop.scratch)
    }
}
