internal import NIOCore
internal import NIOHTTP1

/// A keep-alive connection that carries one request at a time.
final class LoadConnection: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    let host: String
    let port: Int
    private(set) var isReusable = true
    private(set) var lastUsed: Int64
    private let channel: any Channel
    private let client: LoadClient
    private var request: LoadRequest?
    private var status: Int?
    private var answers = 0

    /// Adds the HTTP codec to the channel's pipeline, in front of this handler.
    ///
    /// The channel's pipeline must be empty.
    init(to host: String, _ port: Int, of channel: any Channel, client: LoadClient) throws {
        (self.host, self.port, self.channel, self.client) = (host, port, channel, client)
        lastUsed = LoadClient.now()
        try channel.pipeline.syncOperations.addHandler(HTTPRequestEncoder())
        try channel.pipeline.syncOperations.addHandler(ByteToMessageHandler(HTTPResponseDecoder()))
    }

    func send(_ request: LoadRequest, to target: LoadTarget) {
        guard channel.isActive else {
            return client.failed(self, request, .broken, isStale: answers > 0)
        }
        self.request = request
        status = nil
        channel.write(HTTPClientRequestPart.head(target.head), promise: nil)
        channel.write(HTTPClientRequestPart.body(.byteBuffer(ByteBuffer(string: target.body))), promise: nil)
        channel.writeAndFlush(HTTPClientRequestPart.end(nil), promise: nil)
    }

    func close() { channel.close(promise: nil) }

    /// Fails the pending request with `late` and closes the connection if the request was due before `time`
    /// (nanoseconds).
    func giveUp(since time: Int64) {
        guard let request, request.intended < time else { return }
        fail(request, .late)
        close()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            status = Int(head.status.code)
            isReusable = head.isKeepAlive
        case .body: break
        case .end:
            guard let request, let status else { return }
            self.request = nil
            answers += 1
            lastUsed = LoadClient.now()
            client.answered(self, request, status: status)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        if let request { fail(request, .broken) }
        client.closed(self)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let request { fail(request, error is HTTPParserError ? .malformed : .broken) }
        context.close(promise: nil)
    }

    private func fail(_ request: LoadRequest, _ failure: LoadReport.Failure) {
        self.request = nil
        client.failed(self, request, failure, isStale: failure == .broken && status == nil && answers > 0)
    }
}
