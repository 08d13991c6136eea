import FoundationEssentials
@testable import KubernetesEndpoints
import HTTPTransport
import Logging
import RolloutTesting
import Rollouts
import Synchronization
import Testing

@Suite("Sending again") struct RetryTests {
    private let clock = ManualClock()
    private let object = KubernetesObject(.services, name: "houses", namespace: "models")

    /// How long it paused before each further try.
    private var pauses: [Interval] {
        var last = Timestamp.sample
        return clock.sleeps.map { deadline in
            defer { last = deadline }
            return deadline - last
        }
    }

    @Test("a read is sent again after 5xx and cut connections, with growing pauses")
    func reads() async throws {
        let server = ScriptedCluster { _, number in
            switch number {
            case 0: return try .refusal(500, "InternalError", "etcd is away")
            case 1: throw TransportFailure(.lost, "cut")
            case 2: return StreamedResponse(status: 502, body: HTTPBody([]))
            default: return try .json(["metadata": ["name": "houses"]])
            }
        }
        #expect(try await server.client(clock: clock).get(.services, "houses", in: "models")?.name == "houses")
        #expect(pauses == [.milliseconds(187), .milliseconds(375), .milliseconds(750)])
    }

    @Test("a body that is cut is read again from its start")
    func cutBody() async throws {
        let server = ScriptedCluster { _, number in
            guard number == 0 else { return try .json(["metadata": ["name": "houses"]]) }
            return StreamedResponse(
                status: 200,
                body: HTTPBody {
                    let isFirst = Mutex(true)
                    return {
                        guard
                            isFirst.withLock({ first in
                                defer { first = false }; return first
                            })
                        else {
                            throw TransportFailure(.lost, "cut")
                        }
                        return Array(#"{"metadata":"#.utf8)
                    }
                })
        }
        #expect(try await server.client(clock: clock).get(.services, "houses", in: "models")?.name == "houses")
    }

    private static let unknownPath = StreamedResponse(
        status: 404, body: HTTPBody([Array("404 page not found\n".utf8)]))

    @Test("a server that starts does not say that an object is missing, nor forbids for good", arguments: [404, 403])
    func starting(status: Int) async throws {
        let server = ScriptedCluster { request, number in
            switch number {
            case 0, 2: status == 404 ? Self.unknownPath : try .refusal(403, "Forbidden", "no roles yet")
            case 1: StreamedResponse(status: 500, body: HTTPBody([Array("not ready".utf8)]))
            case 3: StreamedResponse(status: 200, body: HTTPBody([Array("ok".utf8)]))
            default: try .json(["metadata": ["name": "houses"]])
            }
        }
        #expect(try await server.client(clock: clock).get(.httpRoutes, "houses", in: "models")?.name == "houses")
        #expect(server.requests.map { $0.path.hasPrefix("/readyz") } == [false, true, false, true, false])
    }

    @Test("a server that never gets ready is unavailable, whatever it has no path for")
    func neverReady() async throws {
        let server = ScriptedCluster { request, _ in
            request.path.hasPrefix("/readyz") ? try .refusal(503, "", "starting") : Self.unknownPath
        }
        let error = await #expect(throws: KubernetesError.self) {
            try await server.client(clock: clock).get(.httpRoutes, "houses", in: "models")
        }
        #expect(error?.code == .unavailable, "\(String(describing: error))")
    }

    @Test("a path that a ready server does not serve, or one that nobody may ask, is not found", arguments: [200, 403])
    func notServed(readiness: Int) async throws {
        let server = ScriptedCluster { request, _ in
            request.path.hasPrefix("/readyz")
                ? StreamedResponse(status: readiness, body: HTTPBody([])) : Self.unknownPath
        }
        let client = try server.client(clock: clock)
        #expect(try await client.get(.httpRoutes, "houses", in: "models") == nil)
        #expect(try await client.versions(ofGroup: "gateway.networking.k8s.io") == nil)
        #expect(pauses.isEmpty)
    }

    @Test("tries are bounded, and the last failure is told")
    func bounded() async throws {
        let server = ScriptedCluster { _, _ in try .refusal(503, "ServiceUnavailable", "not now") }
        let error = await #expect(throws: KubernetesError.self) {
            try await server.client(clock: clock).get(.services, "houses", in: "models")
        }
        #expect(error?.code == .unavailable && error?.message == "not now")
        #expect(server.requests.count == 5)
    }

    @Test("a write whose outcome nobody knows is never sent twice")
    func writes() async throws {
        for failure in 0..<3 {
            let server = ScriptedCluster { _, _ in
                switch failure {
                case 0: throw TransportFailure(.lost, "cut")
                case 1: return try .refusal(504, "Timeout", "request did not complete")
                default: return StreamedResponse(status: 503, headers: [("Retry-After", "1")], body: HTTPBody([]))
                }
            }
            let client = try server.client(clock: clock)
            let writes: [@Sendable () async throws -> Void] = [
                { try await client.apply(.services, object) }, { try await client.create(.services, object) },
                { try await client.replace(.services, object) },
                { try await client.patch(.services, "houses", in: "models", [.remove("/spec")]) },
                { try await client.delete(.services, "houses", in: "models", uid: "1") },
                { try await client.setScale(of: .deployments, "houses", in: "models", to: 2) },
            ]
            for write in writes {
                let error = await #expect(throws: KubernetesError.self) { try await write() }
                #expect(error?.code == .unavailable && error?.mayHaveTakenEffect == true)
            }
            #expect(server.requests.count == writes.count)
        }
        #expect(clock.sleeps.isEmpty)
    }

    @Test("what cannot have reached the server is sent again, writes too")
    func notSent() async throws {
        let server = ScriptedCluster { _, number in
            if number < 2 { throw TransportFailure(.unreachable, "nothing listens") }
            return try .json(["metadata": ["name": "houses"]])
        }
        try await server.client(clock: clock).apply(.services, object)
        #expect(server.requests.count == 3)
        let gone = ScriptedCluster { _, _ in throw TransportFailure(.unreachable, "nothing listens") }
        let error = await #expect(throws: KubernetesError.self) {
            try await gone.client(clock: clock).apply(.services, object)
        }
        #expect(error?.code == .unreachable && error?.mayHaveTakenEffect == false)
        #expect(gone.requests.count == 5)
    }

    @Test(
        "too many requests: writes, too, are sent again after the time that the server asks for, within bounds",
        arguments: [("3", 3150), ("0", 187), ("86400", 63_000), (nil, 1050), ("Sun, 22 Nov 2026 10:00:05 GMT", 5250)]
            as [(String?, Int64)])
    func tooMany(retryAfter: String?, milliseconds: Int64) async throws {
        let server = ScriptedCluster { _, number in
            guard number == 0 else { return try .json(["metadata": ["name": "houses"]]) }
            return try .refusal(
                429, "TooManyRequests", "slow down", headers: retryAfter.map { [("Retry-After", $0)] } ?? [])
        }
        try await server.client(clock: clock).apply(.services, object)
        #expect(pauses == [.milliseconds(milliseconds)])
    }

    @Test("without the header, the time of the Status counts; at the end it is told")
    func statusWait() async throws {
        let server = ScriptedCluster { _, _ in
            try .refusal(429, "TooManyRequests", "slow down", details: ["retryAfterSeconds": 7])
        }
        let error = await #expect(throws: KubernetesError.self) {
            try await server.client(clock: clock).apply(.services, object)
        }
        #expect(error?.code == .tooManyRequests(retryAfter: .seconds(7)))
        #expect(server.requests.count == 5 && pauses.first == .milliseconds(7350))
    }

    @Test("a cancelled request ends at once")
    func cancelled() async throws {
        let server = ScriptedCluster { _, _ in throw CancellationError() }
        await #expect(throws: CancellationError.self) {
            try await server.client(clock: clock).get(.services, "houses", in: "models")
        }
        #expect(server.requests.count == 1)
    }

    @Test("tokens stand in no log and in no error")
    func secrets() async throws {
        let log = Mutex("")
        var logger = Logger(label: "test") { _ in CollectingHandler { line in log.withLock { $0 += line + "\n" } } }
        logger.logLevel = .trace
        let server = ScriptedCluster { _, number in
            if number == 0 { throw TransportFailure(.lost, "cut") }
            return try .refusal(401, "Unauthorized", "Unauthorized")
        }
        let client = try server.client(clock: clock, logger: logger)
        let error = await #expect(throws: KubernetesError.self) { try await client.get(.services, "houses") }
        #expect(server.requests.last?["Authorization"] == "Bearer secret-token")
        #expect(!String(reflecting: error).contains("secret"))
        let lines = log.withLock { $0 }
        #expect(lines.contains("answered") && lines.contains("request failed"))
        #expect(!lines.contains("secret"))
    }
}

struct CollectingHandler: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace
    let write: @Sendable (String) -> Void

    init(_ write: @escaping @Sendable (String) -> Void) { self.write = write }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) { write("\(event.level) \(event.message) \(event.metadata ?? [:])") }
}
