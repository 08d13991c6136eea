import Foundation
@testable import KubernetesEndpoints
import HTTPTransport
import NIOCore
import NIOPosix
import Rollouts
import Testing

@Suite("Connections to an API server that does not behave", .integration, .timeLimit(.minutes(1)))
struct ClusterConnectionTests {
    /// Listens on loopback; answers the first bytes of each connection with `answer`, and then ends it or says no more.
    private func with(
        _ answer: String, ends: Bool = false, silence: Interval = .milliseconds(300),
        _ body: (KubernetesClient) async throws -> Void
    ) async throws {
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Rude(answer: answer, ends: ends))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(server.localAddress?.port)
        let configuration = ClusterConfiguration(server: "http://127.0.0.1:\(port)", origin: "a test")
        let client = try KubernetesClient(
            configuration, transport: try configuration.transport(longestSilence: silence), pauses: .once)
        do {
            try await body(client)
        } catch {
            Issue.record(error)
        }
        await client.close()
        try await server.close()
    }

    private final class Rude: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer
        private let answer: String
        private let ends: Bool

        init(answer: String, ends: Bool) {
            self.answer = answer
            self.ends = ends
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: answer)), promise: nil)
            if ends { context.close(promise: nil) }
        }
    }

    private let object = KubernetesObject(.services, name: "x", namespace: "models")
    private static let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"

    @Test("a watch that says nothing for too long is given up")
    func silentWatch() async throws {
        let event = "{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"resourceVersion\":\"9\"}}}\n"
        try await with(Self.head + "\(String(event.utf8.count, radix: 16))\r\n\(event)\r\n") { client in
            let watch = try await client.watch(.services, in: "models", since: "1")
            var events: [WatchEvent] = []
            let error = await #expect(throws: KubernetesError.self) {
                for try await event in watch { events.append(event) }
            }
            #expect(error?.code == .unavailable && events == [.bookmark(resourceVersion: "9")])
        }
    }

    @Test("an answer that never begins, or stops in the middle, leaves a write unknown")
    func silentAnswer() async throws {
        for answer in ["", Self.head, Self.head + "5\r\n{\"a\":\r\n"] {
            try await with(answer) { client in
                let error = await #expect(throws: KubernetesError.self) { try await client.apply(.services, object) }
                #expect(error?.mayHaveTakenEffect == true)
            }
        }
    }

    @Test("a connection that ends without a whole answer leaves a write unknown")
    func ended() async throws {
        for answer in [
            "", "HTTP/1.1 200", Self.head + "5\r\n{\"a\":\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}",
        ] {
            try await with(answer, ends: true) { client in
                let error = await #expect(throws: KubernetesError.self) { try await client.apply(.services, object) }
                #expect(error?.mayHaveTakenEffect == true)
            }
        }
    }

    @Test("what is no HTTP is no answer")
    func noHTTP() async throws {
        try await with("SSH-2.0-OpenSSH_9.2\r\n", ends: true) { client in
            let error = await #expect(throws: KubernetesError.self) { try await client.get(.services, "x") }
            #expect(error?.code == .unavailable)
        }
    }

    @Test("where nobody listens, nothing was sent")
    func nobody() async throws {
        let free = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(free.localAddress?.port)
        try await free.close()
        let client = try KubernetesClient(
            ClusterConfiguration(server: "http://127.0.0.1:\(port)", origin: "a test"), pauses: .once)
        let error = await #expect(throws: KubernetesError.self) { try await client.apply(.services, object) }
        #expect(error?.code == .unreachable && error?.mayHaveTakenEffect == false)
        #expect(error?.message == "nothing listens at http://127.0.0.1:\(port)")
        await client.close()
    }
}
