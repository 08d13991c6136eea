import Foundation
import LocalEndpoints
import NIOCore
import RolloutEngine
import Rollouts
import Testing

@Suite("Clients that keep no rules", .integration, .serialized, .timeLimit(.minutes(3)))
struct DataPlaneClientTests {
    private static let endpoint = EndpointRoute(traffic: ["blue": 100], [DeploymentRoute("blue", [.simulated()])])

    @Test(
        "what may hide a second request is refused, and the connection closed",
        arguments: [
            "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}",
            "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n0\r\n\r\n",
            "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} ", "Content-Length: 2, 2\r\n\r\n{}",
            "Content-Length: +2\r\n\r\n{}", "Content-Length: -2\r\n\r\n{}", "Content-Length: 0x2\r\n\r\n{}",
            "Content-Length : 2\r\n\r\n{}", "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
            "X: a\r\n b\r\nContent-Length: 2\r\n\r\n{}",
            "X: a\n\nContent-Length: 2\r\n\r\n{}", "X: a\u{0}b\r\nContent-Length: 2\r\n\r\n{}",
            "Host: other\r\nContent-Length: 2\r\n\r\n{}", ": a\r\nContent-Length: 2\r\n\r\n{}",
            "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
            "Transfer-Encoding: chunked\r\n\r\n-1\r\n{}\r\n0\r\n\r\n",
            "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n{}\r\n0\r\n\r\n",
        ])
    func smuggled(_ rest: String) async throws {
        try await RunningPlane.with(Self.endpoint) { running in
            let client = try running.client()
            client.send("POST /score HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer key\r\n\(rest)")
            client.endSending()
            #expect(try client.answer()?.status == 400)
            #expect(try client.isClosed())
            #expect(try await running.reading("blue").live.requests == 0)
        }
    }

    @Test(
        "what is no HTTP is refused, and others are served meanwhile",
        arguments: [
            ("GARBAGE\r\n\r\n", 400), ("\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}", 400), ("POST /score HTTP/9.9\r\n\r\n", 505),
            ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400), ("POST /score\r\n\r\n", 505),
            ("POST /score HTTP/1.1\nHost: a\n\n", 400), ("POST /score HTTP/2.0\r\nHost: a\r\n\r\n", 505),
            ("POST /score HTTP/1.1\rHost: a\r\r", 400),
            ("POST /score HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501),
            ("POST /score HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501),
            ("POST /score HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
            ("POST /score HTTP/1.1\r\n\r\n", 400),
            ("POST /score HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "x", count: 70_000))", 431),
            (
                "POST /score HTTP/1.1\r\nHost: a\r\n"
                    + (0..<3000).map { "X-\($0): \($0)\r\n" }.joined(), 431
            ),
        ])
    func garbage(_ text: String, _ status: Int) async throws {
        try await RunningPlane.with(Self.endpoint) { running in
            let client = try running.client()
            client.send(text)
            let other = try running.client()
            other.send(RawClient.request())
            #expect(try other.answer()?.status == 200)
            #expect(try client.answer()?.status == status)
            #expect(try client.isClosed())
        }
    }

    @Test("a request that ends in its middle gets 400 and no more", arguments: [10, 60, 130])
    func half(_ length: Int) async throws {
        try await RunningPlane.with(Self.endpoint) { running in
            let client = try running.client()
            client.send(String(RawClient.request(String(repeating: " ", count: 100)).prefix(length)))
            client.endSending()
            #expect(try client.answer()?.status == 400)
            #expect(try client.isClosed())
        }
    }

    @Test("a client that has closed its own side still gets its answer")
    func halfClosed() async throws {
        let slow = EndpointRoute(
            traffic: ["blue": 100], [DeploymentRoute("blue", [.simulated(.milliseconds(200))])])
        try await RunningPlane.with(slow) { running in
            let client = try running.client()
            client.send(RawClient.request())
            client.endSending()
            #expect(try client.answer()?.status == 200)
            #expect(try client.isClosed())
        }
    }

    @Test(
        "a client that would rather speak another protocol gets its answer by this one, and nothing after it",
        arguments: [("key", 200), ("wrong", 401)])
    func upgrade(_ key: String, _ status: Int) async throws {
        try await RunningPlane.with(Self.endpoint) { running in
            let client = try running.client()
            let lines = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMA\r\n"
            client.send(RawClient.request("{}", key: key, lines))
            let answer = try client.answer()
            #expect(answer?.status == status)
            #expect(answer?.headers["connection"] == "close")
            #expect(try client.isClosed())
        }
    }

    @Test("no credential, a wrong one, another scheme: 401, and the connection goes on")
    func credentials() async throws {
        try await RunningPlane.with(Self.endpoint) { running in
            let client = try running.client()
            for key in ["wrong", "", "kez", "keykey"] {
                client.send(RawClient.request(key: key))
                #expect(try client.answer()?.status == 401)
            }
            client.send("POST /score HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}")
            #expect(try client.answer()?.status == 401)
            client.send(
                "POST /score HTTP/1.1\r\nHost: a\r\nAuthorization: Basic key\r\nContent-Length: 2\r\n\r\n{}")
            #expect(try client.answer()?.status == 401)
            client.send(RawClient.request())
            #expect(try client.answer()?.status == 200)
        }
    }

    @Test("paths, hosts, methods and pinned deployments lead where they say")
    func targets() async throws {
        try await RunningPlane.with(Self.endpoint) { running in
            let client = try running.client()
            func status(_ line: String, _ host: String = "a", _ more: String = "") throws -> Int? {
                client.send(
                    "\(line) HTTP/1.1\r\nHost: \(host)\r\nAuthorization: Bearer key\r\n\(more)Content-Length: 2\r\n\r\n{}"
                )
                return try client.answer()?.status
            }
            #expect(try status("POST /endpoints/houses/score") == 200)
            #expect(try status("POST /endpoints/HOUSES/score") == 200)
            #expect(try status("POST /endpoints/others/score") == 401)
            #expect(try status("POST /score", "houses.local") == 200)
            #expect(try status("POST /score", "127.0.0.1", "azureml-model-deployment: BLUE\r\n") == 200)
            #expect(try status("POST /score", "127.0.0.1", "azureml-model-deployment: green\r\n") == 404)
            #expect(try status("PUT /score") == 405)
            #expect(try status("DELETE /metrics") == 405)
            #expect(try status("GET /swagger.json") == 200)
            #expect(try status("GET /nothing") == 404)
            #expect(try status("GET /healthz") == 200)
            #expect(try status("GET /readyz") == 200)
            #expect(try status("GET /metrics") == 200)
            await running.install(EndpointRoute(traffic: .none, [DeploymentRoute("blue", [.simulated()])]))
            #expect(try status("POST /score") == 404)
        }
    }

    @Test("an answer to HEAD has no body, so that the next one is not taken for it")
    func heads() async throws {
        try await RunningPlane.with(Self.endpoint) { running in
            for (path, status) in [("/score", 401), ("/healthz", 200), ("/nothing", 401)] {
                let client = try running.client()
                let head = "HEAD \(path) HTTP/1.1\r\nHost: a\r\n\r\n"
                client.send(head + RawClient.request())
                let answer = try client.head()
                #expect(answer?.status == status)
                #expect(answer?.headers["content-length"].flatMap(Int.init) ?? 0 > 0)
                #expect(try client.answer()?.status == 200)
            }
        }
    }

    @Test("pipelined requests are answered in order, and garbage after them in its turn")
    func pipelined() async throws {
        let slow = EndpointRoute(
            traffic: ["blue": 100], [DeploymentRoute("blue", [.simulated(.milliseconds(2))])])
        try await RunningPlane.with(slow) { running in
            let client = try running.client()
            let all = (0..<200).map { RawClient.request("{}", "x-ms-client-request-id: n\($0)\r\n") }
            client.send(all.joined() + "GARBAGE\r\n\r\n")
            for number in 0..<200 {
                #expect(try client.answer()?.headers["x-ms-client-request-id"] == "n\(number)")
            }
            #expect(try client.answer()?.status == 400)
            #expect(try client.isClosed())
        }
    }

    @Test("a thousand requests at once by a client that never reads do not grow without bound")
    func unread() async throws {
        try await RunningPlane.with(Self.endpoint) { running in
            let rude = try RawClient(port: running.port, patience: 1)
            var sent = 0
            let many = String(repeating: RawClient.request(), count: 1000)
            while sent < 200, rude.send(many) { sent += 1 }
            #expect(sent < 200)
            let other = try running.client()
            other.send(RawClient.request())
            #expect(try other.answer()?.status == 200)
        }
    }

    @Test("a body beyond the limit gets 413, told or not, and with leave asked for before it is sent")
    func large() async throws {
        try await RunningPlane.with(Self.endpoint, { $0.limits.bodyBytes = 100_000 }) { running in
            let told = try running.client()
            let post = "POST /score HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer key\r\n"
            told.send(post + "Content-Length: 1000000000\r\n\r\n")
            #expect(try told.answer()?.status == 413)

            let untold = try running.client()
            untold.send(
                "POST /score HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer key\r\nTransfer-Encoding: chunked\r\n\r\n")
            let chunk = "4000\r\n\(String(repeating: " ", count: 0x4000))\r\n"
            for _ in 0..<7 { untold.send(chunk) }
            #expect(try untold.answer()?.status == 413)

            let asking = try running.client()
            let head = "POST /score HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer key\r\nExpect: 100-continue\r\n"
            asking.send(head + "Content-Length: 100001\r\n\r\n")
            #expect(try asking.answer()?.status == 413)

            let polite = try running.client()
            polite.send(head + "Content-Length: 2\r\n\r\n")
            #expect(try polite.answer()?.status == 100)
            polite.send("{}")
            #expect(try polite.answer()?.status == 200)
        }
    }

    @Test("what a refused client still sends is read as far as a body may go, and no further")
    func endless() async throws {
        try await RunningPlane.with(Self.endpoint, { $0.limits.linger = .seconds(60) }) { running in
            let client = try running.client()
            client.send(
                "POST /score HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer key\r\nContent-Length: 1000000000\r\n\r\n")
            #expect(try client.answer()?.status == 413)
            let megabyte = Data(repeating: 0x20, count: 1 << 20)
            var sent = 0
            while sent < 100, client.send(megabyte) { sent += 1 }
            // The limit of a body, and what fits into sockets.
            #expect((10...40).contains(sent))
        }
    }

    @Test("a body that comes too slowly gets 408, a head that does not end is closed")
    func slow() async throws {
        try await RunningPlane.with(
            Self.endpoint,
            {
                $0.limits.bodyGrace = .milliseconds(300)
                $0.limits.idle = .milliseconds(700)
                $0.limits.linger = .milliseconds(200)
            }
        ) { running in
            let body = try running.client()
            body.send("POST /score HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer key\r\nContent-Length: 100\r\n\r\n")
            let head = try running.client()
            head.send("POST /score HTTP/1.1\r\nHost: a\r\n")
            let began = ContinuousClock.now
            for _ in 0..<3 {
                body.send(" ")
                head.send("X: a\r\n")
                try await Task.sleep(for: .milliseconds(50))
            }
            #expect(try body.answer()?.status == 408)
            #expect(try body.isClosed())
            #expect(try head.isClosed())
            #expect(ContinuousClock.now - began < .seconds(5))
        }
    }

    @Test("the bandwidth limit delays answers, and trailers tell by how much")
    func bandwidth() async throws {
        try await RunningPlane.with(Self.endpoint, { $0.bandwidth = 10_000 }) { running in
            let client = try running.client()
            client.send(RawClient.request(String(repeating: " ", count: 9_000)))
            #expect(try client.answer()?.headers["ms-azureml-bandwidth-request-delay-ms"] == nil)
            let began = ContinuousClock.now
            client.send(RawClient.request(String(repeating: " ", count: 6_000)))
            let answer = try #require(try client.answer())
            let delay = try #require(answer.headers["ms-azureml-bandwidth-request-delay-ms"].flatMap(Int.init))
            #expect(answer.status == 200)
            #expect((300...600).contains(delay))
            #expect(ContinuousClock.now - began >= .milliseconds(300))
        }
    }

    @Test("four thousand idle connections disturb nobody")
    func idle() async throws {
        try await RunningPlane.with(Self.endpoint) { running in
            let crowd = try (0..<4000).map { _ in try running.client() }
            let client = try running.client()
            for _ in 0..<100 {
                client.send(RawClient.request())
                #expect(try client.answer()?.status == 200)
            }
            #expect(crowd.count == 4000)
        }
    }
}
