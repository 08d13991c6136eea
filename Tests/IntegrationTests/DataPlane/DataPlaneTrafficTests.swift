import Foundation
import LocalEndpoints
import RolloutEngine
import Rollouts
import Synchronization
import Testing

@Suite("Traffic under load", .integration, .serialized, .timeLimit(.minutes(3)))
struct DataPlaneTrafficTests {
    /// What clients saw.
    struct Seen: Sendable {
        var answers: [String: Int] = [:]
        /// Not 200, or a body that another deployment has written.
        var wrong: [String] = []
    }

    /// Clients that send one request after the other on threads of their own, each over one connection.
    final class Crowd: Sendable {
        private let seen = Mutex(Seen())
        private let isOver = Atomic(false)
        private let running: Atomic<Int>

        init(_ count: Int, port: Int, bodies: @escaping @Sendable () -> String = { "{}" }) {
            running = Atomic(count)
            for _ in 0..<count {
                Thread.detachNewThread { [self] in
                    do {
                        let client = try RawClient(port: port)
                        while !isOver.load(ordering: .relaxed) {
                            client.send(RawClient.request(bodies()))
                            note(try client.answer())
                        }
                    } catch {
                        seen.withLock { $0.wrong.append("\(error)") }
                    }
                    running.wrappingSubtract(1, ordering: .relaxed)
                }
            }
        }

        private func note(_ answer: RawClient.Answer?) {
            seen.withLock { seen in
                guard let answer, answer.status == 200, let name = answer.headers["azureml-model-deployment"],
                    answer.body.hasPrefix(name)
                else {
                    seen.wrong.append(answer.map { "\($0)" } ?? "closed")
                    return
                }
                seen.answers[name, default: 0] += 1
            }
        }

        var answers: [String: Int] { seen.withLock { $0.answers } }

        func end() async throws -> Seen {
            isOver.store(true, ordering: .relaxed)
            while running.load(ordering: .relaxed) > 0 { try await Task.sleep(for: .milliseconds(5)) }
            return seen.withLock { $0 }
        }
    }

    @Test("no request is lost while traffic moves, instances are killed, and a deployment is scaled and deleted")
    func nothingLost() async throws {
        var blue = [try ModelServer("blue"), try ModelServer("blue")]
        var green = [try ModelServer("green"), try ModelServer("green")]
        func route(_ percent: Int) -> EndpointRoute {
            EndpointRoute(
                traffic: ["blue": 100 - percent, "green": percent],
                [DeploymentRoute("blue", blue.map(\.instance)), DeploymentRoute("green", green.map(\.instance))])
        }
        try await RunningPlane.with(route(0)) { running in
            let crowd = Crowd(8, port: running.port)
            for percent in 1...100 {
                await running.install(route(percent))
                if percent == 30 { green[0].kill() }
                if percent == 50 { green[0] = try ModelServer("green", port: green[0].port) }
                if percent == 60 { blue[1].kill() }
                if percent == 70 { blue[1] = try ModelServer("blue") }
                try await Task.sleep(for: .milliseconds(20))
            }
            let blueAtEnd = crowd.answers["blue"]
            // Scaled down, and then deleted: what it had taken is answered, and nothing new comes.
            blue.removeLast()
            await running.install(route(100))
            await running.install(
                EndpointRoute(traffic: ["green": 100], [DeploymentRoute("green", green.map(\.instance))]))
            try await Task.sleep(for: .milliseconds(300))
            let seen = try await crowd.end()
            #expect(seen.wrong == [])
            #expect((seen.answers["green"] ?? 0) > 100)
            #expect((seen.answers["blue"] ?? 0) - (blueAtEnd ?? 0) <= 8)
            let counted = await running.plane.readings()
            #expect(counted.map(\.live.requests).reduce(0, +) == seen.answers.values.reduce(0, +))
            #expect(counted.allSatisfy { $0.inFlight == 0 && $0.live.errors == 0 })
        }
    }

    @Test("after a change every new request goes by it")
    func atomic() async throws {
        func route(_ name: String) -> EndpointRoute {
            EndpointRoute(
                traffic: Traffic([Name(name): 100]),
                [DeploymentRoute("blue", [.simulated()]), DeploymentRoute("green", [.simulated()])])
        }
        try await RunningPlane.with(route("blue")) { running in
            let clients = try (0..<4).map { _ in try running.client() }
            for step in 0..<300 {
                let name = step % 2 == 0 ? "green" : "blue"
                await running.install(route(name))
                for client in clients {
                    client.send(RawClient.request())
                    #expect(try client.answer()?.headers["azureml-model-deployment"] == name)
                }
            }
        }
    }

    @Test("a shadow that never answers or refuses costs live requests nothing", arguments: ["hung", "refusing"])
    func shadow(_ kind: String) async throws {
        let server = try ModelServer("shadow")
        if kind == "refusing" { server.kill() }
        // A slow answer takes 30 s, far longer than the test.
        let endpoint = EndpointRoute(
            traffic: ["blue": 100], mirrorTraffic: ["shadow": 50],
            [
                DeploymentRoute("blue", [.simulated()]),
                DeploymentRoute("shadow", limit: 4, timeout: .milliseconds(500), [server.instance]),
            ])
        try await RunningPlane.with(endpoint, { $0.limits.copies = 16 }) { running in
            let client = try running.client()
            var longest = Duration.zero
            for _ in 0..<2000 {
                let began = ContinuousClock.now
                client.send(RawClient.request("slow"))
                #expect(try client.answer()?.status == 200)
                longest = max(longest, ContinuousClock.now - began)
            }
            #expect(longest < .milliseconds(400))
            try await Task.sleep(for: .seconds(2))
            let blue = try await running.reading("blue")
            let shadow = try await running.reading("shadow")
            #expect(blue.live.requests == 2000 && blue.live.errors == 0 && blue.inFlight == 0)
            #expect(shadow.mirrored.pairs == shadow.mirrored.onlyMirrorFailed)
            #expect(shadow.mirrored.pairs == shadow.copied.errors)
            #expect((850...1150).contains(shadow.mirrored.pairs + shadow.droppedCopies))
            #expect(kind == "refusing" || shadow.droppedCopies > 800)
        }
    }

    @Test("the line of a copy says how long its answer was, as the live one's does")
    func copiesInLog() async throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "turnout-copies-\(UUID()).log")
        defer { try? FileManager.default.removeItem(at: file) }
        let log = try #require(try AccessLog(.file(path: file.path)))
        let endpoint = EndpointRoute(
            traffic: ["blue": 100], mirrorTraffic: ["shadow": 50],
            ["blue", "shadow"].map { DeploymentRoute($0, [.simulated()]) })
        try await RunningPlane.with(endpoint, { $0.accessLog = log }) { running in
            let client = try running.client()
            for _ in 0..<50 {
                client.send(RawClient.request())
                #expect(try client.answer()?.status == 200)
            }
            await log.flush()
            let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
            let lengths = Dictionary(grouping: lines) { $0.contains(" mirrored POST") }
                .mapValues { Set($0.compactMap { $0.firstMatch(of: /score 200 (\d+) bytes/)?.output.1 }) }
            #expect(lengths[true]?.count == 1 && lengths[true] == lengths[false] && lengths[true] != ["0"])
        }
    }

    @Test("split and mirror share are within a 99.9 % interval")
    func shares() async throws {
        let endpoint = EndpointRoute(
            traffic: ["blue": 90, "green": 10], mirrorTraffic: ["shadow": 10],
            ["blue", "green", "shadow"].map { DeploymentRoute($0, [.simulated()]) })
        try await RunningPlane.with(endpoint) { running in
            let client = try running.client()
            let batch = String(repeating: RawClient.request(), count: 100)
            for _ in 0..<200 {
                client.send(batch)
                for _ in 0..<100 { _ = try client.answer() }
            }
            let green = try await running.reading("green").live.requests
            let shadow = try await running.reading("shadow")
            let copies = shadow.mirrored.pairs + shadow.droppedCopies
            // 3.29 standard deviations of 20 000 requests at 10 %.
            #expect(abs(green - 2000) <= 140)
            #expect(abs(copies - 2000) <= 140)
            #expect(shadow.mirrored.disagreed == 0)
        }
    }
}
