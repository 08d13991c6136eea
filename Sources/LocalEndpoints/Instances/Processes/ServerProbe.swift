#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import Rollouts

/// Probes a server; each probe uses a new connection.
enum ServerProbe {
    /// Returns nil if the server accepts a connection within `timeout`, otherwise a description of the failure.
    static func connect(to socket: ServerAddress.Socket, timeout: Interval) async -> String? {
        do {
            let channel = try await bootstrap(timeout).connect(to: socket).get()
            try await channel.close()
            return nil
        } catch {
            return "\(socket.address) " + words(for: error, timeout: timeout)
        }
    }

    /// Returns nil if the server answers a GET of `path` within `timeout`, otherwise a description of the failure.
    ///
    /// As in Kubernetes, a status of 200 to 399 is a success.
    static func get(_ path: String, of socket: ServerAddress.Socket, timeout: Interval) async -> String? {
        do {
            let status = try await status(of: path, socket, timeout)
            return (200..<400).contains(status) ? nil : "GET \(path) returned \(status)"
        } catch {
            return "GET \(path): \(socket.address) \(words(for: error, timeout: timeout))"
        }
    }

    private static func status(of path: String, _ socket: ServerAddress.Socket, _ timeout: Interval) async throws -> Int
    {
        let channel = try await bootstrap(timeout)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHTTPClientHandlers(leftOverBytesStrategy: .dropBytes)
                }
            }
            .connect(to: socket).get()
        let answer = channel.eventLoop.makePromise(of: Int.self)
        let limit = channel.eventLoop.scheduleTask(in: .milliseconds(timeout.milliseconds)) {
            answer.fail(ChannelError.connectTimeout(.milliseconds(timeout.milliseconds)))
        }
        answer.futureResult.whenComplete { _ in
            limit.cancel()
            channel.close(promise: nil)
        }
        do {
            try await channel.pipeline.addHandler(StatusHandler(answer)).get()
            var head = HTTPRequestHead(version: .http1_1, method: .GET, uri: path)
            head.headers.add(name: "host", value: "localhost")
            head.headers.add(name: "connection", value: "close")
            channel.write(HTTPClientRequestPart.head(head), promise: nil)
            try await channel.writeAndFlush(HTTPClientRequestPart.end(nil)).get()
        } catch {
            answer.fail(error)
        }
        return try await answer.futureResult.get()
    }

    private static func bootstrap(_ timeout: Interval) -> ClientBootstrap {
        ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .connectTimeout(.milliseconds(max(timeout.milliseconds, 1)))
    }

    /// Describes an error as the predicate of a sentence about the address.
    static func words(for error: any Error, timeout: Interval) -> String {
        switch error {
        case ChannelError.connectTimeout: "did not answer within \(timeout)"
        case ChannelError.eof: "closed the connection without an answer"
        case let error as NIOConnectionError:
            error.connectionErrors.first.map { words(for: $0.error, timeout: timeout) }
                ?? "cannot be reached: \(error.host) does not resolve to an address"
        case let error as IOError where error.errnoCode == ECONNREFUSED: "refuses connections"
        case let error as IOError where error.errnoCode == ENOENT: "does not exist"
        case let error as IOError: "cannot be reached: \(error.description)"
        default: "cannot be reached: \(error)"
        }
    }
}

extension ServerAddress.Socket {
    /// The address in the form that a playbook uses.
    var address: String {
        switch self {
        case .tcp(let host, let port): "http://\(ListenAddress.authority(host, port))"
        case .unix(let path): "unix:\(path)"
        }
    }
}

extension ClientBootstrap {
    func connect(to socket: ServerAddress.Socket) -> EventLoopFuture<any Channel> {
        switch socket {
        case .tcp(let host, let port): connect(host: host, port: port)
        case .unix(let path): connect(unixDomainSocketPath: path)
        }
    }
}

/// Fulfils a promise with the status of the first answer.
private final class StatusHandler: ChannelInboundHandler, RemovableChannelHandler, Sendable {
    typealias InboundIn = HTTPClientResponsePart

    private let answer: EventLoopPromise<Int>

    init(_ answer: EventLoopPromise<Int>) { self.answer = answer }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .head(let head) = unwrapInboundIn(data) else { return }
        answer.succeed(Int(head.status.code))
    }

    func channelInactive(context: ChannelHandlerContext) { answer.fail(ChannelError.eof) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { answer.fail(error) }
}
