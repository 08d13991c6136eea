import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import Rollouts
import Testing

@testable import LocalEndpoints

@Suite("Load generator", .integration, .serialized, .timeLimit(.minutes(2)))
struct LoadGeneratorTests {
    /// A server of which a test decides what it does with each request.
    private final class Handler: ChannelInboundHandler, Sendable {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        enum Behaviour: Sendable {
            case answer(Int, after: TimeAmount)
            case close
            case closeAfterAnswer
            case silence
        }

        let behaviour: @Sendable (HTTPRequestHead) -> Behaviour

        init(_ behaviour: @escaping @Sendable (HTTPRequestHead) -> Behaviour) { self.behaviour = behaviour }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            guard case .head(let head) = unwrapInboundIn(data) else { return }
            let channel = context.channel
            @Sendable func answer(_ status: Int) {
                let body = ByteBuffer(string: "{}")
                let head = HTTPResponseHead(
                    version: .http1_1, status: .init(statusCode: status), headers: ["content-length": "2"])
                channel.write(HTTPServerResponsePart.head(head), promise: nil)
                channel.write(HTTPServerResponsePart.body(.byteBuffer(body)), promise: nil)
                channel.writeAndFlush(HTTPServerResponsePart.end(nil), promise: nil)
            }
            switch behaviour(head) {
            case .answer(let status, let delay) where delay == .zero: answer(status)
            case .answer(let status, let delay): context.eventLoop.scheduleTask(in: delay) { answer(status) }
            case .close: context.close(promise: nil)
            case .closeAfterAnswer:
                answer(200)
                context.eventLoop.scheduleTask(in: .milliseconds(1)) { channel.close(promise: nil) }
            case .silence: break
            }
        }
    }

    private func withServer(
        _ behaviour: @escaping @Sendable (HTTPRequestHead) -> Handler.Behaviour, _ body: (String) async throws -> Void
    ) async throws {
        let server = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.backlog, value: 256)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline(withErrorHandling: false)
                    try channel.pipeline.syncOperations.addHandler(Handler(behaviour))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(server.localAddress?.port)
        try await body("http://127.0.0.1:\(port)/score")
        try await server.close()
    }

    /// Lets it run for so long, and returns how many seconds that really were: machines that test are busy.
    @discardableResult
    private func run(_ generator: LoadGenerator, for duration: Duration) async throws -> Double {
        let task = Task { await generator.run() }
        let began = ContinuousClock.now
        try await Task.sleep(for: duration)
        task.cancel()
        let elapsed = (ContinuousClock.now - began) / .seconds(1)
        await task.value
        return elapsed
    }

    @Test("it keeps its rate over a few kept connections, and shows its key")
    func rate() async throws {
        try await withServer({ head in
            .answer(
                head.headers["authorization"] == ["Bearer secret"] && head.uri == "/score" ? 200 : 401, after: .zero)
        }) { url in
            let generator = try LoadGenerator(url: url, key: "secret", body: #"{"data": []}"#, rate: 400)
            let seconds = try await run(generator, for: .seconds(3))
            let report = generator.report
            #expect(abs(Double(report.sent) - 400 * seconds) <= 40, "\(report) in \(seconds) s")
            #expect(report.succeeded >= report.sent - 3 && report.failed == 0 && report.dropped == 0, "\(report)")
            #expect(report.p50 < .milliseconds(100), "\(report)")
        }
    }

    @Test("a slow server changes nothing in the rate, and the wait of those that queue up is in their latency")
    func slow() async throws {
        try await withServer({ _ in .answer(200, after: .milliseconds(300)) }) { url in
            let generator = try LoadGenerator(url: url, key: "k", body: "{}", rate: 100, maxInFlight: 20)
            let seconds = try await run(generator, for: .seconds(2))
            let report = generator.report
            // 20 in flight for 300 ms each are 67/s; the rest is not sent, and counted.
            #expect(abs(Double(report.sent + report.dropped) - 100 * seconds) <= 20, "\(report) in \(seconds) s")
            #expect(Double(report.dropped) > 15 * seconds && Double(report.dropped) < 60 * seconds, "\(report)")
            #expect(report.p50 >= .milliseconds(300), "\(report)")
        }
    }

    @Test("what is in flight when it is stopped is still answered; silence is not waited for")
    func stopping() async throws {
        try await withServer({ _ in .answer(200, after: .milliseconds(200)) }) { url in
            let generator = try LoadGenerator(url: url, key: "k", body: "{}", rate: 100)
            try await run(generator, for: .seconds(1))
            let report = generator.report
            #expect(report.inFlight == 0 && report.failed == 0 && report.succeeded == report.sent, "\(report)")
        }
        try await withServer({ _ in .silence }) { url in
            let generator = try LoadGenerator(url: url, key: "k", body: "{}", rate: 100)
            let seconds = try await run(generator, for: .seconds(1))
            #expect(seconds < 5, "\(seconds) s")
            #expect(generator.report.inFlight > 0 && generator.report.failed == 0, "\(generator.report)")
        }
    }

    @Test("answers are counted by status, and requests without an answer by what went wrong")
    func failures() async throws {
        let outcomes: [(@Sendable (HTTPRequestHead) -> Handler.Behaviour, (LoadReport) -> Int)] = [
            ({ _ in .answer(424, after: .zero) }, { $0.statuses[424] ?? 0 }),
            ({ _ in .close }, { $0.failures[.broken] ?? 0 }),
            ({ _ in .silence }, { $0.failures[.late] ?? 0 }),
        ]
        for (behaviour, count) in outcomes {
            try await withServer(behaviour) { url in
                let generator = try LoadGenerator(
                    url: url, key: "k", body: "{}", rate: 50, timeout: .milliseconds(300))
                try await run(generator, for: .seconds(3))
                let report = generator.report
                #expect(report.succeeded == 0)
                #expect(count(report) == report.failed && report.failed >= 80, "\(report)")
            }
        }
        let generator = try LoadGenerator(url: "http://127.0.0.1:1/score", key: "k", body: "{}", rate: 50)
        try await run(generator, for: .seconds(1))
        #expect(generator.report.failures[.refused] ?? 0 >= 45, "\(generator.report)")
    }

    @Test("a server that closes kept connections between requests costs none of them")
    func stale() async throws {
        try await withServer({ _ in .closeAfterAnswer }) { url in
            let generator = try LoadGenerator(url: url, key: "k", body: "{}", rate: 200)
            _ = try await run(generator, for: .seconds(2))
            let report = generator.report
            #expect(report.failed == 0 && report.succeeded >= report.sent - 5, "\(report)")
        }
    }

    @Test("once retargeted, every new request goes to the new address with the new key")
    func retarget() async throws {
        try await withServer({ _ in .answer(200, after: .zero) }) { first in
            try await withServer({ head in
                .answer(head.headers["authorization"] == ["Bearer new"] ? 201 : 401, after: .zero)
            }) { second in
                let generator = try LoadGenerator(url: first, key: "old", body: "{}", rate: 200)
                let task = Task { await generator.run() }
                try await Task.sleep(for: .milliseconds(500))
                try generator.retarget(url: second, key: "new")
                try await Task.sleep(for: .milliseconds(100))
                let succeeded = generator.report.succeeded
                try await Task.sleep(for: .milliseconds(500))
                task.cancel()
                await task.value
                #expect(generator.report.succeeded == succeeded)
                #expect(generator.report.statuses.keys.sorted() == [201])
                #expect(generator.report.failures.isEmpty)
            }
        }
    }
}
