internal import NIOCore
internal import NIOHTTP1

/// The channel handler next to a connection's socket: it parses input with NIO's parser and sends output unchanged.
///
/// It replaces `ByteToMessageHandler` with less work per message: NIO's HTTP parser consumes all input at once and
/// needs only an incomplete field again. Nothing is read from the socket before ``read()`` asks for it, so the
/// channel's `autoRead` must be off.
final class Wire: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let parser: Parser
    private let outbox: Outbox
    /// The maximum number of bytes of a field.
    private let fieldBytes: Int
    private var context: ChannelHandlerContext?
    /// An incomplete field.
    private var rest = ByteBuffer()
    private var raw = RawFields()
    private var isUnsent = false
    private var isParsing = false
    /// Whether parsing has stopped, because the input was not valid HTTP or has ended.
    private var isOver = false

    /// The number of bytes kept of an incomplete field.
    var kept: Int { rest.readableBytes }

    private init(_ parser: Parser, _ limits: DataPlaneLimits, _ outbox: Outbox) {
        self.parser = parser
        self.outbox = outbox
        fieldBytes = limits.headBytes
    }

    /// A wire that parses requests from clients.
    static func requests(within limits: DataPlaneLimits, by outbox: Outbox) -> Wire {
        Wire(.requests(HTTPRequestDecoder(limitConfiguration: limits.parsing)), limits, outbox)
    }

    /// A wire that parses answers from model servers.
    static func answers(within limits: DataPlaneLimits, by outbox: Outbox) -> Wire {
        Wire(.answers(HTTPResponseDecoder(limitConfiguration: limits.parsing)), limits, outbox)
    }

    // MARK: Sending, and asking for more

    /// Sends `bytes`; a short message is sent at the end of the loop's turn.
    func send(_ bytes: ByteBuffer) {
        context?.write(wrapOutboundOut(bytes), promise: nil)
        // Pending bytes of a long message would make the client look as if it did not read.
        guard bytes.readableBytes <= IncomingRequest.joinedBytes else { return flush() }
        guard !isUnsent else { return }
        isUnsent = true
        outbox.add(self)
    }

    func send(_ head: ByteBuffer, body: ByteBuffer) {
        context?.write(wrapOutboundOut(head), promise: nil)
        send(body)
    }

    /// Reads the next input; to be called once for each part of a stream.
    func read() { context?.read() }

    /// Sends pending output and closes the connection.
    func close() {
        if isUnsent { flush() }
        context?.close(promise: nil)
    }

    func flush() {
        isUnsent = false
        context?.flush()
    }

    /// Notes that a request was sent whose answer is to be parsed; an answer to HEAD has no body, whatever its head
    /// says.
    func expectAnswer(toHead: Bool = false) { parser.expectAnswer(toHead: toHead) }

    /// Restores the original bytes in a head that was just parsed; to be called exactly once for each head.
    func restore(_ head: inout HTTPRequestHead) { raw.restore(&head.headers) }

    func restore(_ head: inout HTTPResponseHead) { raw.restore(&head.headers) }

    /// Notes that the end of a message was parsed.
    func endMessage() { raw.endMessage() }

    // MARK: Channel

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        parser.added(in: context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        parser.removed(in: context)
        self.context = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        context.fireChannelActive()
        context.read()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isOver else { return }
        var bytes = unwrapInboundIn(data)
        let repeated = rest.readableBytes
        if rest.readableBytes > 0 {
            swap(&rest, &bytes)
            bytes.writeImmutableBuffer(rest)
            rest = ByteBuffer()
        }
        raw.begin(bytes, repeated: repeated)
        isParsing = true
        defer {
            isParsing = false
            raw.end(within: fieldBytes)
        }
        do {
            try parser.parse(&bytes, in: context)
            // More is left over only if the parser takes the input after a request for another protocol.
            if bytes.readableBytes > fieldBytes { isOver = true } else if bytes.readableBytes > 0 { rest = bytes }
        } catch HTTPParserError.invalidVersion where !bytes.namesUnsupportedVersion {
            // The parser also throws this error for a line with an invalid line end.
            fail(HTTPParserError.lfExpected, in: context)
        } catch {
            fail(error, in: context)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed { end(in: context) }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        end(in: context)
        context.fireChannelInactive()
    }

    /// Notifies the parser of the end of the input, which may complete an answer or cut off a message.
    private func end(in context: ChannelHandlerContext) {
        guard !isOver else { return }
        isOver = true
        // The connection was closed by the receiver of a message that is being parsed.
        guard !isParsing else { return }
        do {
            try parser.end(after: &rest, in: context)
        } catch {
            fail(error, in: context)
        }
    }

    private func fail(_ error: any Error, in context: ChannelHandlerContext) {
        isOver = true
        rest = ByteBuffer()
        context.fireErrorCaught(error)
    }
}

extension Wire {
    /// NIO's parser for one of the two directions.
    private enum Parser {
        case requests(HTTPRequestDecoder)
        case answers(HTTPResponseDecoder)

        /// The answer parser needs only the request's method, which determines whether an answer may have a body.
        private static let request = HTTPClientRequestPart.head(
            HTTPRequestHead(version: .http1_1, method: .POST, uri: "/"))

        private static let headRequest = HTTPClientRequestPart.head(
            HTTPRequestHead(version: .http1_1, method: .HEAD, uri: "/"))

        func expectAnswer(toHead: Bool) {
            if case .answers(let decoder) = self { decoder.write(data: toHead ? Self.headRequest : Self.request) }
        }

        func added(in context: ChannelHandlerContext) {
            switch self {
            case .requests(let decoder): decoder.decoderAdded(context: context)
            case .answers(let decoder): decoder.decoderAdded(context: context)
            }
        }

        func removed(in context: ChannelHandlerContext) {
            switch self {
            case .requests(let decoder): decoder.decoderRemoved(context: context)
            case .answers(let decoder): decoder.decoderRemoved(context: context)
            }
        }

        func parse(_ bytes: inout ByteBuffer, in context: ChannelHandlerContext) throws {
            switch self {
            case .requests(let decoder): _ = try decoder.decode(context: context, buffer: &bytes)
            case .answers(let decoder): _ = try decoder.decode(context: context, buffer: &bytes)
            }
        }

        func end(after rest: inout ByteBuffer, in context: ChannelHandlerContext) throws {
            switch self {
            case .requests(let decoder): _ = try decoder.decodeLast(context: context, buffer: &rest, seenEOF: true)
            case .answers(let decoder): _ = try decoder.decodeLast(context: context, buffer: &rest, seenEOF: true)
            }
        }
    }
}

extension ByteBuffer {
    /// Whether a line ends with a version of HTTP other than 1.x.
    fileprivate var namesUnsupportedVersion: Bool {
        let name = Array("HTTP/".utf8)
        var rest = readableBytesView[...]
        while let line = rest.firstIndex(of: UInt8(ascii: "\r")) {
            let words = rest[..<line].suffix(name.count + 3)
            if words.starts(with: name), !words.starts(with: name + [UInt8(ascii: "1")]) { return true }
            rest = rest[(line + 1)...]
        }
        return false
    }
}
