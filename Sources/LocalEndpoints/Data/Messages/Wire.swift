internal import NIOCore
internal import NIOHTTP1

/// The handler next to a connection's socket: NIO's parser reads what comes, and what is sent goes out as it is.
///
/// It does for HTTP's parser what `ByteToMessageHandler` does for any decoder, with less to do for each message: that
/// parser takes all there is at once, and wants to see again only a field whose end is still to come. Nothing is read
/// from the socket until ``read()`` asks for it, so the channel's `autoRead` has to be off.
final class Wire: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let parser: Parser
    private let outbox: Outbox
    /// Bytes that a field may have.
    private let fieldBytes: Int
    private var context: ChannelHandlerContext?
    /// The beginning of a field.
    private var rest = ByteBuffer()
    private var raw = RawFields()
    private var isUnsent = false
    private var isParsing = false
    /// No more is parsed: it was no HTTP, or the end has come.
    private var isOver = false

    /// Bytes that are kept for a field.
    var kept: Int { rest.readableBytes }

    private init(_ parser: Parser, _ limits: DataPlaneLimits, _ outbox: Outbox) {
        self.parser = parser
        self.outbox = outbox
        fieldBytes = limits.headBytes
    }

    /// Parses what clients say.
    static func requests(within limits: DataPlaneLimits, by outbox: Outbox) -> Wire {
        Wire(.requests(HTTPRequestDecoder(limitConfiguration: limits.parsing)), limits, outbox)
    }

    /// Parses what model servers say.
    static func answers(within limits: DataPlaneLimits, by outbox: Outbox) -> Wire {
        Wire(.answers(HTTPResponseDecoder(limitConfiguration: limits.parsing)), limits, outbox)
    }

    // MARK: Sending, and asking for more

    /// Sends `bytes`, at the end of the loop's turn where they are few.
    func send(_ bytes: ByteBuffer) {
        context?.write(wrapOutboundOut(bytes), promise: nil)
        // What is long would count as a client that does not read.
        guard bytes.readableBytes <= IncomingRequest.joinedBytes else { return flush() }
        guard !isUnsent else { return }
        isUnsent = true
        outbox.add(self)
    }

    func send(_ head: ByteBuffer, body: ByteBuffer) {
        context?.write(wrapOutboundOut(head), promise: nil)
        send(body)
    }

    /// Takes what comes next; once for each part of a stream.
    func read() { context?.read() }

    /// Sends what was written, and closes.
    func close() {
        if isUnsent { flush() }
        context?.close(promise: nil)
    }

    func flush() {
        isUnsent = false
        context?.flush()
    }

    /// Says that a request was sent, whose answer is to be parsed; one to HEAD has no body, whatever its head says.
    func expectAnswer(toHead: Bool = false) { parser.expectAnswer(toHead: toHead) }

    /// Gives a head that was just parsed the bytes that its texts lack; to be called once for each.
    func restore(_ head: inout HTTPRequestHead) { raw.restore(&head.headers) }

    func restore(_ head: inout HTTPResponseHead) { raw.restore(&head.headers) }

    /// Says that the end of a message was parsed.
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
            // More is left only by a parser that takes what follows a request for another protocol's.
            if bytes.readableBytes > fieldBytes { isOver = true } else if bytes.readableBytes > 0 { rest = bytes }
        } catch HTTPParserError.invalidVersion where !bytes.namesAnotherVersion {
            // The parser says so, too, of a line that does not end as it has to.
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

    /// Tells the parser of the end, where an answer may end with it, and anything else be cut off.
    private func end(in context: ChannelHandlerContext) {
        guard !isOver else { return }
        isOver = true
        // It was closed by who was told of a message.
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

        /// Of the request, it wants to know no more than the method, which tells whether an answer may have a body.
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
    /// True where a line ends in a version of HTTP that is not 1.0 or 1.1.
    fileprivate var namesAnotherVersion: Bool {
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
