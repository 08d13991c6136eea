import Foundation
import KubernetesEndpoints
import RolloutEngine
import Rollouts
import Testing

extension KubernetesSuite {
    @Suite("Faults between the client and the API server") struct ClientFaultTests {
        private func map(_ name: String, _ fixture: ClusterFixture, _ data: Value = [:]) -> KubernetesObject {
            KubernetesObject(
                .configMaps, name: name, namespace: fixture.namespace, labels: ["app": "x"], ["data": data])
        }

        /// Waits until the store holds that; the suite's time limit bounds it.
        private func until(_ store: ObjectStore, _ holds: ([KubernetesObject]) -> Bool) async throws {
            for await _ in await store.changes() {
                do {
                    if holds(try await store.read()) { return }
                } catch is KubernetesError {
                    // The server is away; the store says when it is back.
                }
            }
        }

        @Test("too many requests: a write is sent again after the time that the server asks for")
        func tooMany() async throws {
            try await ClusterFixture.with { fixture in
                try await fixture.client(proxied: true) { client in
                    try await fixture.fault([
                        "verb": "patch", "action": "status", "status": 429, "retry_after": 1, "times": 2,
                    ])
                    let begin = ContinuousClock.now
                    try await client.apply(.configMaps, map("m", fixture))
                    #expect(ContinuousClock.now - begin > .seconds(2))
                    #expect(try await client.get(.configMaps, "m", in: fixture.namespace) != nil)
                }
            }
        }

        @Test("a read goes on after 5xx and cut answers; a write of unknown outcome is done once, and says so")
        func failures() async throws {
            try await ClusterFixture.with { fixture in
                try await fixture.client(proxied: true) { client in
                    try await client.apply(.configMaps, map("m", fixture))
                    for rule: Value in [
                        ["verb": "get", "action": "status", "status": 503, "times": 2],
                        ["verb": "get", "action": "drop_response", "times": 2],
                        ["verb": "get", "action": "truncate", "bytes": 20, "times": 2],
                        ["verb": "get", "action": "cut", "times": 2],
                    ] {
                        try await fixture.fault(rule)
                        #expect(try await client.get(.configMaps, "m", in: fixture.namespace)?.name == "m")
                    }
                    try await fixture.clearRequests()
                    try await fixture.fault(["verb": "patch", "action": "drop_response", "times": 1])
                    let error = await #expect(throws: KubernetesError.self) {
                        try await client.apply(.configMaps, map("m", fixture, ["a": "1"]))
                    }
                    #expect(error?.mayHaveTakenEffect == true)
                    #expect(try await fixture.requests().filter { $0.verb == "patch" }.count == 1)
                    #expect(try await client.get(.configMaps, "m", in: fixture.namespace)?["data"] == ["a": "1"])
                }
            }
        }

        @Test("a store follows through cut watches, 410 and a server that dies and comes back, with what it missed")
        func store() async throws {
            try await ClusterFixture.with { fixture in
                try await fixture.client(proxied: true) { client in
                    let stores = ObjectStores(client)
                    let store = try await stores.store(.configMaps, in: fixture.namespace, labels: ["app": "x"])
                    #expect(try await store.read().isEmpty)
                    try await client.apply(.configMaps, map("one", fixture))
                    try await until(store) { $0.map(\.name) == ["one"] }

                    try await fixture.cutWatches()
                    try await client.apply(.configMaps, map("two", fixture))
                    try await until(store) { $0.count == 2 }

                    try await fixture.fault(["verb": "watch", "action": "expire_watch", "times": 1])
                    try await fixture.cutWatches()
                    try await client.delete(.configMaps, "one", in: fixture.namespace)
                    try await until(store) { $0.map(\.name) == ["two"] }

                    try await fixture.fault(["verb": "watch", "action": "truncate", "bytes": 100, "times": 3])
                    try await fixture.cutWatches()
                    let long = String(repeating: "x", count: 1000)
                    try await client.apply(.configMaps, map("three", fixture, ["long": .string(long)]))
                    try await until(store) { $0.count == 2 && $0[0]["data", "long"] == .string(long) }

                    try await fixture.apiServer(.kill)
                    // The store notices, and says so instead of showing the past.
                    for await _ in await store.changes() {
                        do { _ = try await store.read() } catch is KubernetesError { break }
                    }
                    try await fixture.apiServer(.start)
                    try await client.apply(.configMaps, map("four", fixture))
                    try await until(store) { $0.count == 3 }
                    await stores.close()
                }
            }
        }

        @Test("requests go past any number of open watches")
        func manyWatches() async throws {
            try await ClusterFixture.with { fixture in
                try await fixture.client { client in
                    let stores = ObjectStores(client)
                    for number in 0..<40 {
                        let store = try await stores.store(
                            .configMaps, in: fixture.namespace, labels: ["app": "x\(number)"])
                        #expect(try await store.read().isEmpty)
                    }
                    let begin = ContinuousClock.now
                    #expect(try await client.get(.configMaps, "none", in: fixture.namespace) == nil)
                    #expect(ContinuousClock.now - begin < .seconds(5))
                    await stores.close()
                }
            }
        }

        @Test("who writes reads it from the store at once, however late its watch is")
        func ownWrites() async throws {
            try await ClusterFixture.with { fixture in
                try await fixture.client(proxied: true) { client in
                    let stores = ObjectStores(client)
                    let store = try await stores.store(.configMaps, in: fixture.namespace, labels: ["app": "x"])
                    _ = try await store.read()
                    for number in 0..<50 {
                        let written = try await client.apply(
                            .configMaps, map("m", fixture, ["n": .string(String(number))]))
                        await store.record(written)
                        #expect(try await store.read("m")?["data", "n"] == .string(String(number)))
                    }
                    try await fixture.kubectl("delete", "configmap", "m")
                    #expect(try await store.refresh(matching: ["app": "x"]).isEmpty)
                    #expect(try await store.read("m") == nil)
                    await stores.close()
                }
            }
        }

        @Test(
            "1000 deployments cost one list and one watch of each type, and little memory",
            .enabled(if: environment["TURNOUT_SCALE"] != nil, "TURNOUT_SCALE is not set"))
        func scale() async throws {
            try await ClusterFixture.with { fixture in
                try await fixture.pause(.kubelet)
                try await fixture.client(proxied: true) { client in
                    for endpoint in 0..<50 {
                        for deployment in 0..<20 {
                            let object = fixture.idle("e\(endpoint)-d\(deployment)")
                            try await client.apply(.deployments, object)
                            try await client.apply(
                                .services,
                                KubernetesObject(
                                    .services, name: object.name, namespace: fixture.namespace, labels: object.labels,
                                    [
                                        "spec": [
                                            "ports": [["port": 80, "protocol": "TCP"]],
                                            "selector": Value(strings: object.labels),
                                        ]
                                    ]))
                        }
                    }
                    try await fixture.clearRequests()
                    let before = try Memory.resident()
                    let stores = ObjectStores(client)
                    let types: [ResourceType] = [.deployments, .services, .pods, .endpoints, .replicaSets]
                    for type in types { _ = try await stores.store(type, in: fixture.namespace).read() }
                    for endpoint in 0..<50 {
                        for deployment in 0..<20 {
                            let name = "e\(endpoint)-d\(deployment)"
                            let store = try await stores.store(.deployments, in: fixture.namespace)
                            #expect(try await store.read(name)?["spec", "replicas"] == 0)
                        }
                    }
                    let requests = try await fixture.requests()
                    #expect(requests.filter { $0.verb == "get" }.count == types.count)
                    #expect(requests.filter { $0.verb == "watch" }.count == types.count)
                    let grown = try Memory.resident() - before
                    print("memory grew by \(grown >> 20) MB")
                    #expect(grown < 60 << 20)
                    await stores.close()
                }
            }
        }
    }
}

/// What this process has in memory, in bytes.
private enum Memory {
    static func resident() throws -> Int {
        let pages = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
        return (Int(pages[1]) ?? 0) * sysconf(Int32(_SC_PAGESIZE))
    }
}
