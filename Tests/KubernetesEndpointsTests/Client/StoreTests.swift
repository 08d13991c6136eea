import FoundationEssentials
@testable import KubernetesEndpoints
import HTTPTransport
import RolloutTesting
import Rollouts
import Synchronization
import Testing

/// A watch that stays open, and tells what a test says.
private final class OpenWatch: Sendable {
    private let stream: AsyncThrowingStream<[UInt8], any Error>
    private let continuation: AsyncThrowingStream<[UInt8], any Error>.Continuation

    init() { (stream, continuation) = AsyncThrowingStream.makeStream(of: [UInt8].self) }

    func tell(_ events: Value...) throws {
        for event in events { continuation.yield(Array(try JSONEncoder().encode(event)) + [UInt8(ascii: "\n")]) }
    }

    func end() { continuation.finish() }
    func cut() { continuation.finish(throwing: TransportFailure(.lost, "the connection was lost")) }

    var answer: StreamedResponse {
        StreamedResponse(
            status: 200,
            body: HTTPBody { [stream] in
                var iterator = stream.makeAsyncIterator()
                return { try await iterator.next(isolation: #isolation) }
            })
    }
}

@Suite("A store of objects", .timeLimit(.minutes(1))) struct StoreTests {
    private let clock = ManualClock()

    /// Runs the store of all Services while `body` goes on.
    private func with(
        _ server: ScriptedCluster, labels: Selector = .everything, _ body: (ObjectStore) async throws -> Void
    ) async throws {
        let store = ObjectStore(try server.client(clock: clock), .services, in: "models", labels: labels)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await store.run() }
            try await body(store)
            group.cancelAll()
            await #expect(throws: CancellationError.self) { try await group.waitForAll() }
        }
    }

    /// Waits until the store holds that.
    private func until(_ store: ObjectStore, _ holds: ([KubernetesObject]) -> Bool) async throws {
        for await _ in await store.changes() {
            do {
                if holds(try await store.read()) { return }
            } catch is KubernetesError {
                // It is between two connections.
            }
        }
    }

    private func isWatch(_ request: HTTPRequest) -> Bool { request.path.contains("watch=true") }

    @Test("one list and one watch show everything that happens, however many objects are read how often")
    func following() async throws {
        let watch = OpenWatch()
        let server = ScriptedCluster { request, _ in
            request.path.contains("watch=true")
                ? watch.answer : try .list((0..<1000).map { service("s\($0)", version: $0) }, at: "1000")
        }
        try await with(server) { store in
            #expect(try await store.read().count == 1000)
            try watch.tell(
                event("ADDED", service("new", version: 1001, labels: ["app": "x"])),
                event("MODIFIED", service("s1", version: 1002, ["type": "ClusterIP"])),
                event("DELETED", service("s2", version: 1003)), bookmark(1010))
            try await until(store) { !$0.contains { $0.name == "s2" } }
            #expect(try await store.read().count == 1000)
            #expect(try await store.read("s1")?["spec", "type"] == "ClusterIP")
            #expect(try await store.read("s2") == nil)
            #expect(try await store.read(matching: ["app": "x"]).map(\.name) == ["new"])
            for number in 0..<200 { _ = try await store.read("s\(number)") }
        }
        #expect(server.requests.count == 2)
        #expect(server.requests[1].path.contains("resourceVersion=1000"))
    }

    @Test("a watch that ends or is cut goes on from the last thing that it told, a bookmark too")
    func reconnecting() async throws {
        let watches = [OpenWatch(), OpenWatch(), OpenWatch()]
        let count = Mutex(0)
        let server = ScriptedCluster { request, _ in
            guard request.path.contains("watch=true") else { return try .list([service("a", version: 1)], at: "5") }
            return watches[
                count.withLock {
                    $0 += 1; return $0 - 1
                }
            ].answer
        }
        try await with(server) { store in
            _ = try await store.read()
            try watches[0].tell(event("MODIFIED", service("a", version: 6)), bookmark(9))
            watches[0].cut()
            try watches[1].tell(event("ADDED", service("b", version: 12)))
            watches[1].end()
            try watches[2].tell(event("DELETED", service("a", version: 13)))
            try await until(store) { $0.map(\.name) == ["b"] }
        }
        let paths = server.requests.map(\.path)
        #expect(paths.count { !$0.contains("watch=true") } == 1)
        #expect(paths[2].contains("resourceVersion=9&") && paths[3].contains("resourceVersion=12&"))
    }

    @Test("after 410, in the stream or as an answer, there is a new list", arguments: [true, false])
    func expired(inStream: Bool) async throws {
        let last = OpenWatch()
        let watches = Mutex(0)
        let lists = Mutex(0)
        let server = ScriptedCluster { request, _ in
            guard request.path.contains("watch=true") else {
                return lists.withLock {
                    $0 += 1; return $0
                } == 1
                    ? try .list([service("a", version: 1), service("b", version: 2)], at: "5")
                    : try .list([service("b", version: 2), service("c", version: 8)], at: "20")
            }
            guard
                watches.withLock({
                    $0 += 1; return $0
                }) == 1
            else { return last.answer }
            guard inStream else { return try .refusal(410, "Expired", "too old") }
            return try .watch([["type": "ERROR", "object": ["kind": "Status", "code": 410]]])
        }
        try await with(server) { store in
            try await until(store) { $0.map(\.name) == ["b", "c"] }
        }
        #expect(server.requests.last?.path.contains("resourceVersion=20&") == true)
        #expect(server.requests.count == 4)
    }

    @Test("a server that expires or ends everything at once is asked with growing pauses")
    func noHotLoop() async throws {
        for code in [410, 0] {
            let clock = ManualClock()
            let server = ScriptedCluster { request, number in
                if number == 40 { try await Task.sleep(for: .seconds(60)) }
                guard request.path.contains("watch=true") else { return try .list([], at: "1") }
                return code == 0
                    ? try .watch([]) : try .watch([["type": "ERROR", "object": ["kind": "Status", "code": 410]]])
            }
            let store = ObjectStore(try server.client(clock: clock), .services, in: "models")
            await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await store.run() }
                while server.requests.count < 41 { await Task.yield() }
                group.cancelAll()
            }
            #expect(clock.now() - .sample > .seconds(40))
        }
    }

    @Test("while the server can't be reached, or refuses, readings say so; then they go on")
    func failing() async throws {
        let watch = OpenWatch()
        let isDown = Mutex(true)
        let server = ScriptedCluster { request, number in
            if isDown.withLock({ $0 }) {
                return number == 0
                    ? try .refusal(403, "Forbidden", "services is forbidden")
                    : try .refusal(503, "ServiceUnavailable", "not now")
            }
            return request.path.contains("watch=true") ? watch.answer : try .list([service("a", version: 1)], at: "5")
        }
        let store = ObjectStore(try server.client(clock: clock), .services, in: "models")
        let seen = Mutex<[KubernetesError.Code]>([])
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await store.run() }
            for await _ in await store.changes() {
                do {
                    if try await store.read().count == 1 { break }
                } catch let error as KubernetesError {
                    seen.withLock { $0.append(error.code) }
                    isDown.withLock { $0 = error.code == .forbidden }
                }
            }
            group.cancelAll()
        }
        #expect(!seen.withLock { $0 }.isEmpty)
        #expect(server.requests.count(where: isWatch) == 1)
    }

    @Test("who writes reads it at once, and nothing older comes back")
    func ownWrites() async throws {
        let watch = OpenWatch()
        let server = ScriptedCluster { request, _ in
            request.path.contains("watch=true")
                ? watch.answer : try .list([service("a", version: 1, labels: ["app": "x"])], at: "5")
        }
        try await with(server, labels: ["app": "x"]) { store in
            _ = try await store.read()
            await store.record(service("a", version: 9, labels: ["app": "x"], ["new": true]))
            await store.record(service("other", version: 9))
            #expect(try await store.read("a")?["spec", "new"] == true)
            #expect(try await store.read("other") == nil)
            // What the watch tells of the time before.
            try watch.tell(
                event("MODIFIED", service("a", version: 7, labels: ["app": "x"])),
                event("ADDED", service("b", version: 8, labels: ["app": "x"])))
            try await until(store) { $0.count == 2 }
            #expect(try await store.read("a")?["spec", "new"] == true)
            // Another object of the same name outlives the news of the first one's end.
            await store.record(service("b", version: 30, uid: "second", labels: ["app": "x"]))
            try watch.tell(
                event("DELETED", service("b", version: 20, labels: ["app": "x"])),
                event("MODIFIED", service("a", version: 40, labels: ["app": "x"])))
            try await until(store) { $0.first?.resourceVersion == "40" }
            #expect(try await store.read("b")?.uid == "second")
        }
    }

    @Test("a refresh shows what is so now, and what is older does not come back")
    func refreshing() async throws {
        let watch = OpenWatch()
        let server = ScriptedCluster { request, number in
            if request.path.contains("watch=true") { return watch.answer }
            let x = ["app": "x"]
            return number < 2
                ? try .list(
                    [
                        service("a", version: 1, labels: x), service("b", version: 2, labels: x),
                        service("c", version: 3),
                    ],
                    at: "5")
                : try .list([service("b", version: 10, labels: x, ["new": true])], at: "12")
        }
        try await with(server) { store in
            _ = try await store.read()
            while server.requests.count < 2 { await Task.yield() }
            #expect(try await store.refresh(matching: ["app": "x"]).map(\.name) == ["b"])
            #expect(server.requests.last?.path.contains("labelSelector=app%3Dx") == true)
            #expect(try await store.read().map(\.name) == ["b", "c"])
            // The watch is behind: it tells of a before it tells of its end.
            try watch.tell(
                event("MODIFIED", service("a", version: 6, labels: ["app": "x"])),
                event("MODIFIED", service("b", version: 7, labels: ["app": "x"])),
                event("MODIFIED", service("c", version: 8, ["new": true])))
            try await until(store) { $0.last?["spec", "new"] == true }
            #expect(try await store.read().map(\.name) == ["b", "c"])
            #expect(try await store.read("b")?["spec", "new"] == true)
            // One that is made anew has another uid.
            try watch.tell(event("ADDED", service("a", version: 20, uid: "anew", labels: ["app": "x"])))
            try await until(store) { $0.count == 3 }
        }
    }

    @Test("which fields a manager set is not kept; who they are is, and objects are as they were otherwise")
    func managedFields() async throws {
        var object = service("a", version: 1, ["x": [1, .number(2.5), .null, "é"]])
        object["metadata", "managedFields"] = [["manager": "kubectl", "operation": "Update"]]
        let bare = object
        object["metadata", "managedFields"] = [
            ["manager": "kubectl", "operation": "Update", "fieldsV1": ["f:spec": [:]]]
        ]
        let watch = OpenWatch()
        let server = ScriptedCluster { [object] request, _ in
            request.path.contains("watch=true") ? watch.answer : try .list([object], at: "5")
        }
        try await with(server) { store in
            let listed = try await store.read("a")
            #expect(listed == bare)
            object.resourceVersion = "8"
            await store.record(object)
            let recorded = try await store.read("a")
            #expect(
                recorded?.resourceVersion == "8"
                    && recorded?["metadata", "managedFields"] == bare["metadata", "managedFields"])
            let refreshed = try await store.refresh().first
            #expect(refreshed == bare)
        }
    }

    @Test("a reading that waits for the first list can be cancelled")
    func cancelledReading() async throws {
        let server = ScriptedCluster { _, _ in
            try await Task.sleep(for: .seconds(60))
            throw CancellationError()
        }
        try await with(server) { store in
            await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { _ = try await store.read() }
                await Task.yield()
                group.cancelAll()
                await #expect(throws: CancellationError.self) { try await group.waitForAll() }
            }
        }
    }

    @Test("stores of the same type and selector are one, and close together")
    func pool() async throws {
        let server = ScriptedCluster { request, _ in
            request.path.contains("watch=true") ? OpenWatch().answer : try .list([], at: "5")
        }
        let stores = ObjectStores(try server.client(clock: clock))
        let first = try await stores.store(.services, in: "models")
        #expect(try await stores.store(.services, in: "models") === first)
        let other = try await stores.store(.services, in: "models", labels: ["app": "x"])
        #expect(other !== first)
        _ = try await (first.read(), other.read())
        await stores.close()
        await #expect(throws: KubernetesError.self) { try await stores.store(.services) }
    }
}
