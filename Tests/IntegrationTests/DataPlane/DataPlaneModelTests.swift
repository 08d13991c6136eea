import Foundation
import LocalEndpoints
import RolloutEngine
import Rollouts
import Testing

@Suite("What clients get of a model", .integration, .serialized, .timeLimit(.minutes(2)))
struct DataPlaneModelTests {
    @Test("answers, failures and long answers of a model server reach the client as Azure shows them")
    func answers() async throws {
        let server = try ModelServer("blue")
        let endpoint = EndpointRoute(traffic: ["blue": 100], [DeploymentRoute("blue", [server.instance])])
        try await RunningPlane.with(endpoint) { running in
            let client = try running.client()
            client.send(RawClient.request("{}", "x-ms-client-request-id: mine\r\nx-request-id: forged\r\n"))
            let fine = try #require(try client.answer())
            #expect(fine.status == 200 && fine.body == "blue")
            #expect(fine.headers["azureml-model-deployment"] == "blue")
            #expect(fine.headers["x-ms-client-request-id"] == "mine")
            #expect(fine.headers["x-ms-run-function-failed"] == "False")
            #expect(fine.headers["x-ms-run-fn-exec-ms"].flatMap(Double.init) != nil)
            #expect(fine.headers["x-model"] == "yes")
            #expect(UUID(uuidString: fine.headers["x-request-id"] ?? "") != nil)

            client.send(RawClient.request("fail"))
            let failed = try #require(try client.answer())
            #expect(failed.status == 424 && failed.body == "blue")
            #expect(failed.headers["ms-azureml-model-error-statuscode"] == "500")
            #expect(failed.headers["ms-azureml-model-error-reason"] == "Internal Server Error")
            #expect(failed.headers["x-ms-run-function-failed"] == "True")

            client.send(RawClient.request("headers"))
            let seen = try #require(try client.answer()).body.lowercased()
            #expect(!seen.contains("authorization") && !seen.contains("bearer"))
            #expect(seen.contains("x-request-id") && seen.contains("host: 127.0.0.1:\(server.port)"))

            client.send(RawClient.request("long3000000"))
            #expect(try client.answer()?.body.utf8.count == 3_000_000)

            client.send("GET /swagger.json HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer key\r\n\r\n")
            #expect(try client.answer()?.body.contains("\"swagger\"") == true)
            let reading = try await running.reading("blue")
            #expect(reading.live.requests == 4 && reading.live.errors == 1)
        }
    }

    @Test("a model that takes too long is 408, one that is too busy 429, one that is not there 500")
    func limits() async throws {
        let server = try ModelServer("blue")
        func route(wait: Interval, _ instances: [InstanceRoute]) -> EndpointRoute {
            EndpointRoute(
                traffic: ["blue": 100],
                [DeploymentRoute("blue", limit: 1, timeout: .milliseconds(600), wait: wait, instances)])
        }
        try await RunningPlane.with(route(wait: .milliseconds(200), [server.instance])) { running in
            let clients = try (0..<3).map { _ in try running.client() }
            for client in clients {
                client.send(RawClient.request("slow"))
                try await Task.sleep(for: .milliseconds(50))
            }
            // The first one runs, the second waits in vain, the third has no place to wait.
            #expect(try clients[2].answer()?.status == 429)
            #expect(try clients[1].answer()?.status == 429)
            #expect(try clients[0].answer()?.status == 408)
            server.kill()
            clients[0].send(RawClient.request())
            let gone = try #require(try clients[0].answer())
            #expect(gone.status == 500 && gone.headers["azureml-model-deployment"] == "blue")
            await running.install(route(wait: .zero, []))
            clients[0].send(RawClient.request())
            #expect(try clients[0].answer()?.status == 500)
            let reading = try await running.reading("blue")
            #expect(reading.live.requests == 5 && reading.live.errors == 5 && reading.inFlight == 0)
        }
    }

    @Test("what is in flight is answered before the data plane ends")
    func draining() async throws {
        let endpoint = EndpointRoute(
            traffic: ["blue": 100], [DeploymentRoute("blue", [.simulated(.milliseconds(500))])])
        try await RunningPlane.with(endpoint) { running in
            let idle = try running.client()
            let client = try running.client()
            client.send(RawClient.request())
            try await Task.sleep(for: .milliseconds(100))
            let began = ContinuousClock.now
            await running.plane.stop(draining: .seconds(5))
            #expect(ContinuousClock.now - began < .seconds(4))
            let answer = try #require(try client.answer())
            #expect(answer.status == 200 && answer.headers["connection"] == "close")
            #expect(try client.isClosed())
            #expect(try idle.isClosed())
        }
    }
}
