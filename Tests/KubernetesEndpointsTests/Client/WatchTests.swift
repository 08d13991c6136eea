import FoundationEssentials
@testable import KubernetesEndpoints
import HTTPTransport
import RolloutTesting
import Rollouts
import Testing

@Suite("Watches") struct WatchTests {
    private func events(_ chunks: [[UInt8]]) async throws -> [WatchEvent] {
        let server = ScriptedCluster { _, _ in StreamedResponse(status: 200, body: HTTPBody(chunks)) }
        let watch = try await server.client().watch(.services, in: "models", since: "5")
        var events: [WatchEvent] = []
        for try await event in watch { events.append(event) }
        return events
    }

    private func bytes(_ values: [Value]) throws -> [UInt8] {
        try values.flatMap { Array(try JSONEncoder().encode($0)) + [UInt8(ascii: "\n")] }
    }

    @Test("ask for bookmarks and an end, from where the list was")
    func request() async throws {
        let server = ScriptedCluster { _, _ in try .watch([]) }
        _ = try await server.client().watch(
            .deployments, in: "models", labels: ["app": "x"], since: "12", serverTimeout: .minutes(7))
        #expect(
            server.requests.first?.path
                == "/apis/apps/v1/namespaces/models/deployments?watch=true&allowWatchBookmarks=true"
                + "&labelSelector=app%3Dx&resourceVersion=12&timeoutSeconds=420")
    }

    @Test("tell the same events however their bytes are cut into chunks", arguments: 0..<40)
    func chunks(seed: UInt64) async throws {
        var dice = Dice(seed: seed)
        var told: [Value] = []
        var expected: [WatchEvent] = []
        for version in 0..<dice.number(1...12) {
            let object = service(
                "s\(version)", version: version, ["text": .string(randomText(&dice) + "é😀日本")])
            switch dice.number(0...4) {
            case 0: told.append(bookmark(version)); expected.append(.bookmark(resourceVersion: String(version)))
            case 1: told.append(event("DELETED", object)); expected.append(.deleted(object))
            case 2: told.append(event("MODIFIED", object)); expected.append(.modified(object))
            case 3: told.append(event("LATER", object))
            default: told.append(event("ADDED", object)); expected.append(.added(object))
            }
        }
        let all = try bytes(told)
        var chunks: [[UInt8]] = []
        var rest = all[...]
        while !rest.isEmpty {
            let length = dice.one(of: [1, 2, 3, 7, 64, 1000, rest.count])
            chunks.append(Array(rest.prefix(length)))
            rest = rest.dropFirst(length)
        }
        #expect(try await events(chunks) == expected)
        // A stream that is cut tells what was complete, and not the rest.
        let cut = Array(all.dropLast(dice.number(1...(all.count))))
        #expect(try await expected.starts(with: events([cut])))
    }

    @Test("an expired resourceVersion is told, in the stream or as its answer; other errors are thrown")
    func errors() async throws {
        func status(_ code: Int, _ reason: String) -> Value {
            [
                "type": "ERROR",
                "object": ["kind": "Status", "code": .integer(code), "reason": .string(reason), "message": "m"],
            ]
        }
        #expect(try await events([try bytes([status(410, "Expired")])]) == [.expired])
        #expect(try await events([try bytes([status(410, "Gone")])]) == [.expired])
        let thrown = await #expect(throws: KubernetesError.self) {
            try await events([try bytes([status(500, "InternalError")])])
        }
        #expect(thrown?.code == .unavailable && thrown?.message == "m")
        let server = ScriptedCluster { _, _ in try .refusal(410, "Expired", "too old resource version") }
        let error = await #expect(throws: KubernetesError.self) {
            _ = try await server.client().watch(.services, since: "1")
        }
        #expect(error?.code == .expired && server.requests.count == 1)
    }

    @Test("what is no event is malformed", arguments: ["{]\n", "[]\n", "{\"type\":\"ADDED\"}\n", "x\n"])
    func malformed(text: String) async throws {
        let error = await #expect(throws: KubernetesError.self) { try await events([Array(text.utf8)]) }
        #expect(error?.code == .malformedResponse)
    }

    @Test("empty lines say nothing, and a line without end is not kept for ever")
    func lines() async throws {
        #expect(try await events([Array("\n\r\n \n".utf8)]) == [])
        let endless = Array(repeating: [UInt8](repeating: 0x20, count: 1 << 20), count: 40)
        let error = await #expect(throws: KubernetesError.self) { try await events(endless) }
        #expect(error?.code == .malformedResponse)
    }

    @Test("a large event that comes in small pieces is read in time")
    func large() async throws {
        let object = service("s", version: 1, ["text": .string(String(repeating: "x", count: 4 << 20))])
        let all = try bytes([event("ADDED", object)])
        let chunks = stride(from: 0, to: all.count, by: 4096).map { Array(all[$0..<min($0 + 4096, all.count)]) }
        #expect(try await events(chunks) == [.added(object)])
    }
}
