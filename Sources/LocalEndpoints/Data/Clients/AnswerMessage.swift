internal import NIOCore

/// The message to the client that carries a model's answer.
struct AnswerMessage {
    private let exchange: Exchange
    /// How long the model took, in nanoseconds.
    private let nanoseconds: UInt64
    private let now: NIODeadline

    init(_ exchange: Exchange, nanoseconds: UInt64, at now: NIODeadline) {
        self.exchange = exchange
        self.nanoseconds = nanoseconds
        self.now = now
    }

    /// Writes everything up to the body.
    func writeHead(_ framing: AnswerFraming, to writer: inout MessageWriter) {
        let answer = exchange.answer
        writer.write(exchange.deployment.heads.begin(modelStatus: answer.status))
        exchange.request.id.write(to: &writer)
        writer.write("\r\n")
        if let id = exchange.request.facts.clientRequestID { writer.writeField("x-ms-client-request-id", id) }
        writer.write(exchange.loop.dateLine(at: now))
        answer.writeLines(to: &writer, nanoseconds: nanoseconds)
        if case .untilClose = framing {
            writer.write("connection: close\r\n")
        } else {
            writer.write(exchange.client.connectionLine)
        }
        framing.write(to: &writer)
    }

    /// Sends a complete answer, chunked only if there are trailers to send.
    func send(by client: ClientConnection) {
        let body = exchange.answer.body
        guard !client.answersHead else {
            let framing = exchange.answer.announcedLength.map(AnswerFraming.length) ?? .noBody
            return client.send(exchange.loop.message { writeHead(framing, to: &$0) })
        }
        guard exchange.delay.isDelayed, client.minorVersion > 0, body.readableBytes > 0 else {
            let isJoined = body.readableBytes <= IncomingRequest.joinedBytes
            let message = exchange.loop.message { writer in
                writeHead(.length(body.readableBytes), to: &writer)
                if isJoined { writer.write(body) }
            }
            return isJoined ? client.send(message) : client.send(message, body: body)
        }
        client.send(
            exchange.loop.message { writer in
                writeHead(.chunks, to: &writer)
                writer.writeChunkSize(body.readableBytes)
                writer.write(body)
                writer.write("\r\n0\r\n")
                exchange.delay.writeTrailers(to: &writer)
                writer.write("\r\n")
            })
    }
}
