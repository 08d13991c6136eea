import Foundation
import LocalEndpoints
import Logging
import NIOCore
import RolloutEngine
import Rollouts
import Testing

@Suite("Answers that come in pieces", .integration, .serialized, .timeLimit(.minutes(2)))
struct DataPlaneStreamTests {
    private static func with(
        limit: Int = 64, timeout: Interval = .seconds(5), _ change: (inout DataPlane.Configuration) -> Void = { _ in },
        _ body: (RunningPlane, StreamServer) async throws -> Void
    ) async throws {
        let server = try StreamServer()
        let endpoint = EndpointRoute(
            traffic: ["blue": 100], [DeploymentRoute("blue", limit: limit, timeout: timeout, [server.instance])])
        try await RunningPlane.with(endpoint, change) { try await body($0, server) }
    }

    private static func get(_ path: String, version: String = "1.1", method: String = "GET", _ lines: String = "")
        -> String
    {
        "\(method) \(path) HTTP/\(version)\r\nHost: a\r\nAuthorization: Bearer key\r\n\(lines)\r\n"
    }

    @Test(
        "the first piece and every other one come as the server sends them",
        arguments: ["", "&framing=close", "&framing=length", "&framing=length&type=text/plain", "&type=text/plain"])
    func pieces(_ options: String) async throws {
        try await Self.with { running, _ in
            let client = try running.client()
            let began = ContinuousClock.now
            client.send(Self.get("/endpoints/houses/stream?n=4&gap=0.3\(options)"))
            for number in 0..<4 {
                try client.receive(until: "piece \(number);")
                let passed = ContinuousClock.now - began
                #expect(passed > .milliseconds(300 * number - 10) && passed < .milliseconds(300 * number + 200))
            }
            #expect(try client.answer()?.status == 200)
        }
    }

    @Test("the head alone is passed on before the first piece")
    func heads() async throws {
        try await Self.with { running, _ in
            let client = try running.client()
            let began = ContinuousClock.now
            client.send(Self.get("/stream?n=1&gap=1&late=1"))
            try client.receive(until: "\r\n\r\n")
            #expect(ContinuousClock.now - began < .milliseconds(500))
            #expect(try client.answer()?.body == "piece 0;")
        }
    }

    @Test("the time-out is for the first byte and the longest silence, not for the whole")
    func silence() async throws {
        try await Self.with(timeout: .milliseconds(600)) { running, _ in
            let client = try running.client()
            client.send(Self.get("/stream?n=5&gap=0.3"))
            #expect(try client.answer()?.body.hasSuffix("piece 4;") == true)
            client.send(Self.get("/stream?n=2&gap=5"))
            try client.receive(until: "piece 0;")
            let began = ContinuousClock.now
            try client.receiveAll()
            #expect(ContinuousClock.now - began < .seconds(2))
            #expect(try client.answer() == nil)
            #expect(try await running.reading("blue").live.errors == 1)
        }
    }

    @Test("a client that closes has its request ended at the server, and its place is free", arguments: [true, false])
    func gone(_ resets: Bool) async throws {
        try await Self.with(limit: 1) { running, server in
            let client = try running.client()
            client.send(Self.get("/stream?n=2&gap=30"))
            try client.receive(until: "piece 0;")
            try await server.waitFor(open: 1)
            try await Task.sleep(for: .milliseconds(150))
            client.end(resets: resets)
            let next = try running.client()
            next.send(Self.get("/echo"))
            #expect(try next.answer()?.status == 200)
            #expect(try await running.reading("blue").inFlight == 0)
        }
    }

    @Test("a client that waits for a head and closes frees its place as well")
    func goneBefore() async throws {
        try await Self.with(limit: 1, timeout: .seconds(30)) { running, _ in
            let slow = try ModelServer("slow")
            await running.install(
                EndpointRoute(
                    traffic: ["slow": 100],
                    [DeploymentRoute("slow", limit: 1, timeout: .seconds(30), wait: .seconds(1), [slow.instance])]))
            let client = try running.client()
            client.send(RawClient.request("slow"))
            try await Task.sleep(for: .milliseconds(300))
            client.end(resets: false)
            let next = try running.client()
            next.send(RawClient.request())
            #expect(try next.answer()?.status == 200)
        }
    }

    @Test("an answer that is cut is seen to be, by clients of HTTP/1.0 as well")
    func cut() async throws {
        try await Self.with { running, _ in
            let chunks = try running.client()
            chunks.send(Self.get("/stream?n=3&cut=1"))
            #expect(try chunks.answer() == nil)
            let old = try running.client()
            old.send(Self.get("/stream?n=3&cut=1", version: "1.0"))
            #expect(throws: RawClient.Failure.self) { try old.receiveAll() }
            let length = try running.client()
            length.send(Self.get("/stream?n=3&cut=1&framing=length", version: "1.0"))
            let text = try? length.receiveAll()
            #expect(text?.contains("content-length: 24\r\n") != false)
            let whole = try running.client()
            whole.send(Self.get("/stream?n=2", version: "1.0"))
            #expect(try whole.receiveAll().hasSuffix("\r\n\r\npiece 0;piece 1;"))
        }
    }

    @Test("a coding that the client would not see is no answer")
    func codings() async throws {
        try await Self.with { running, _ in
            let client = try running.client()
            client.send(Self.get("/stream?framing=gzip"))
            #expect(try client.answer()?.status == 500)
        }
    }

    @Test("a client that does not read holds the server back, and nothing is buffered for it")
    func backPressure() async throws {
        try await Self.with { running, server in
            let client = try running.client()
            client.send(Self.get("/stream?n=400&gap=0&size=1000000"))
            try await server.waitFor(open: 1)
            try await Task.sleep(for: .milliseconds(700))
            // 400 MB go through sockets in less time: it waits.
            #expect(try server.open() == 1)
            client.end(resets: true)
            try await server.waitFor(open: 0)
        }
    }

    @Test("a data plane that ends passes on what has come, and says how many answers it cut")
    func shutdown() async throws {
        try await Self.with { running, _ in
            let client = try running.client()
            client.send(Self.get("/stream?n=3&gap=30"))
            try client.receive(until: "piece 0;")
            let held = try running.client()
            held.send(Self.get("/stream?n=2&gap=30&framing=length&type=text/plain&late=1"))
            let short = try running.client()
            short.send(Self.get("/stream?n=3&gap=0.2"))
            try short.receive(until: "piece 0;")
            #expect(await running.plane.stop(draining: .milliseconds(600)) == 2)
            #expect(try short.answer()?.body.hasSuffix("piece 2;") == true)
            #expect(try held.receiveAll().contains("200 OK"))
            #expect(try client.answer() == nil)
        }
    }

    @Test("requests reach the server as they were sent, but for what is the platform's")
    func parity() async throws {
        try await Self.with { running, _ in
            let client = try running.client()
            client.send(Self.get("/endpoints/houses/v1/models?limit=%20&b", method: "OPTIONS", "X-Custom:  a b \r\n"))
            let seen = try #require(try client.answer()).body
            #expect(seen.hasPrefix("OPTIONS /v1/models?limit=%20&b HTTP/1.1\n"))
            #expect(seen.contains("\nX-Custom: a b\n") && seen.contains("\nx-forwarded-for: 127.0.0.1\n"))
            client.send(Self.get("/score", method: "HEAD"))
            let head = try #require(try client.head())
            #expect(head.status == 200 && head.headers["content-length"].flatMap(Int.init) ?? 0 > 0)
            client.send(Self.get("/score?a=b", method: "GET"))
            #expect(try client.answer()?.body.hasPrefix("GET /score?a=b HTTP/1.1\n") == true)
        }
    }

    @Test("clients that come before the first table wait for it, and then for the first instance")
    func starting() async throws {
        let server = try StreamServer()
        let plane = DataPlane(DataPlane.Configuration(threads: 1), logger: Logger(label: "test"))
        let client = try RawClient(port: try await plane.start())
        client.send(RawClient.request())
        let route = { EndpointRoute(traffic: ["blue": 100], [DeploymentRoute("blue", $0)]) }
        await plane.install(RoutingTable(endpoints: [route([])]))
        try await Task.sleep(for: .milliseconds(100))
        await plane.install(RoutingTable(endpoints: [route([server.instance])]))
        #expect(try client.answer()?.status == 200)
        await plane.stop(draining: .zero)
    }
}
