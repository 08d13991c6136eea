import NIOCore
import NIOEmbedded
import NIOHTTP1
import NIOPosix
internal import RolloutEngine
import Rollouts
import SimulatedEndpoints
import Testing

@testable import LocalEndpoints

@Suite("What is read from a request's head")
struct DataHeadTests {
    private static func head(_ headers: HTTPHeaders, version: HTTPVersion = .http1_1) -> HTTPRequestHead {
        HTTPRequestHead(version: version, method: .POST, uri: "/score", headers: headers)
    }

    @Test("names of fields are compared without case")
    func names() throws {
        let facts = try RequestFacts(
            Self.head([
                "HOST": "a", "Authorization": "Bearer x", "AzureML-Model-Deployment": "blue",
                "X-MS-Client-Request-ID": "a-1_B", "content-LENGTH": "5", "Expect": "100-Continue",
                "Connection": "keep-alive, X-Mine",
            ]))
        #expect(facts.authorization == "Bearer x")
        #expect(facts.deployment == "blue")
        #expect(facts.clientRequestID == "a-1_B")
        #expect(facts.contentLength == 5)
        #expect(facts.expectsContinue)
        #expect(facts.connectionFields == ["x-mine"])
    }

    @Test(
        "what is no proper head is refused",
        arguments: [
            (["host": "a", "x": "b\r\n c"], .controlCharacter), (["host": "a", "x": "b\u{0}"], .controlCharacter),
            ([:], .host), (["host": "a", "Host": "b"], .host), (["host": "a", "content-length": "-1"], .contentLength),
            (["host": "a", "expect": "200-maybe"], .expectation),
            (["host": "a", "transfer-encoding": "gzip, chunked"], .transferCoding),
            (["host": "a", "transfer-encoding": "gzip", "Transfer-Encoding": "chunked"], .transferCoding),
            (["host": "a", "transfer-encoding": "chunked", "Transfer-Encoding": "Chunked"], .framing),
        ] as [(HTTPHeaders, RequestFacts.Malformation)])
    func malformed(_ headers: HTTPHeaders, _ malformation: RequestFacts.Malformation) {
        #expect(throws: malformation) { try RequestFacts(Self.head(headers)) }
    }

    @Test("an HTTP/1.0 client needs no host")
    func oldClients() throws {
        let facts = try RequestFacts(Self.head(["content-length": "5"], version: .http1_0))
        #expect(facts.contentLength == 5)
    }

    @Test("chunks of an HTTP/1.0 client are not believed")
    func oldChunks() {
        #expect(throws: RequestFacts.Malformation.framing) {
            try RequestFacts(Self.head(["transfer-encoding": "chunked"], version: .http1_0))
        }
    }

    @Test(
        "an id is echoed if it is safe",
        arguments: [
            ("a", true), ("A-b_9", true), (String(repeating: "x", count: 40), true), ("", false),
            (String(repeating: "x", count: 41), false), ("a b", false), ("a\"", false), ("ä", false),
        ])
    func echo(_ id: String, _ isSafe: Bool) { #expect(RequestFacts.mayEcho(id) == isSafe) }

    @Test(
        "a request line says what is asked for",
        arguments: [
            ("/score", "score - /score "), ("/score?a=b", "score - /score ?a=b"),
            ("/endpoints/houses/score", "score houses /score "),
            ("/endpoints/houses/swagger.json?x", "swagger houses /swagger.json ?x"),
            ("http://127.0.0.1:1/endpoints/houses/score", "score houses /score "),
            ("HTTPS://houses.example/v1/models?a=/b?c", "other - /v1/models ?a=/b?c"),
            ("/endpoints/houses/v1/chat/completions", "other houses /v1/chat/completions "),
            ("/endpoints/houses", "other houses / "), ("/endpoints/houses/?q", "other houses / ?q"),
            ("/endpoints/houses//score", "other houses //score "),
            ("/endpoints/houses/score/", "other houses /score/ "),
            ("/endpoints/a/endpoints/b/score", "other a /endpoints/b/score "), ("/endpoints", "other - /endpoints "),
            ("/metrics?x", "metrics - /metrics ?x"), ("/healthz", "health - /healthz "),
            ("/readyz", "readiness - /readyz "), ("/", "other - / "), ("/?a", "other - / ?a"),
            ("http://a", "other - / "), ("http://a?b", "other - / ?b"), ("/Score", "other - /Score "),
            ("*", "unknown - * "), ("", "unknown -  "), ("ftp://a/score", "unknown - ftp://a/score "),
            ("/endpoints//score", "unknown  /score "),
        ])
    func targets(_ uri: String, _ expected: String) {
        let target = RequestTarget(uri: uri)
        #expect("\(target.route) \(target.endpoint ?? "-") \(target.path) \(target.query)" == expected)
    }

    @Test(
        "space around a field's value is no part of it",
        arguments: [("a", "a"), (" a ", "a"), ("\ta b\t ", "a b"), (" ", ""), ("", ""), ("ä ", "ä")])
    func optionalSpace(_ value: String, _ trimmed: String) { #expect(value.trimmingOptionalSpace == trimmed) }

    @Test("fields mean the same with space around their values")
    func spacedFields() throws {
        let facts = try RequestFacts(
            Self.head([
                "host": "a", "authorization": "Bearer x ", "azureml-model-deployment": "blue\t", "content-length": "5 ",
                "expect": "100-continue ",
            ]))
        #expect(facts.authorization == "Bearer x" && facts.deployment == "blue" && facts.contentLength == 5)
        #expect(facts.expectsContinue)
        _ = try RequestFacts(Self.head(["host": "a", "transfer-encoding": "chunked "]))
    }

    @Test(
        "an answer is a stream if it has no length, or is one of events",
        arguments: [
            (["content-length": "5"], false), ([:], true),
            (["content-length": "5", "content-type": "text/plain"], false),
            (["content-length": "5", "Content-Type": "Text/Event-Stream; charset=utf-8"], true),
            (["content-length": "5 ", "content-type": "text/event-stream"], true),
            (["content-length": "5", "content-type": "text/event-streams"], false),
            (["transfer-encoding": "chunked", "content-type": "application/json"], true),
        ] as [(HTTPHeaders, Bool)])
    func streams(_ headers: HTTPHeaders, _ isStream: Bool) {
        #expect(ModelAnswer(HTTPResponseHead(version: .http1_1, status: .ok, headers: headers)).isStream == isStream)
    }

    private static func instance() -> Instance {
        Instance(
            InstanceRoute(
                id: "instance-0", target: .server(ServerAddress(.tcp(host: "::1", port: 9), scoringPath: "/p")),
                isReady: true))
    }

    private static func forwarded(
        _ method: HTTPMethod, _ uri: String, _ headers: HTTPHeaders = [:], body: String = "", from address: String = ""
    ) throws -> String {
        var fields: HTTPHeaders = ["host": "a", "authorization": "Bearer key"]
        fields.add(contentsOf: headers)
        let request = try IncomingRequest(
            HTTPRequestHead(version: .http1_1, method: method, uri: uri, headers: fields), on: .sample(.all))
        request.clientAddress = Array(address.utf8)
        if !body.isEmpty { _ = request.append(ByteBuffer(string: body)) }
        let destination = try #require(request.model)
        return String(buffer: .composed { request.write(destination, to: &$0, for: instance()) })
            .replacing("x-request-id: \(request.id)\r\n", with: "").replacing("host: [::1]:9\r\n", with: "")
    }

    @Test("a server is asked for what the client asked for: method, path, query and body")
    func parity() throws {
        #expect(
            try Self.forwarded(.POST, "/score?lang=de", body: "{}")
                == "POST /p?lang=de HTTP/1.1\r\ncontent-length: 2\r\n\r\n{}")
        #expect(try Self.forwarded(.GET, "/score?a=%20b") == "GET /p?a=%20b HTTP/1.1\r\n\r\n")
        #expect(try Self.forwarded(.HEAD, "/endpoints/houses/v1/models") == "HEAD /v1/models HTTP/1.1\r\n\r\n")
        #expect(try Self.forwarded(.OPTIONS, "/endpoints/houses/") == "OPTIONS / HTTP/1.1\r\n\r\n")
        #expect(try Self.forwarded(.GET, "/swagger.json?version=3") == "GET /swagger.json?version=3 HTTP/1.1\r\n\r\n")
        #expect(
            try Self.forwarded(.GET, "/x", ["content-length": "0"]) == "GET /x HTTP/1.1\r\ncontent-length: 0\r\n\r\n")
        #expect(
            try Self.forwarded(.DELETE, "/x", body: "ab") == "DELETE /x HTTP/1.1\r\ncontent-length: 2\r\n\r\nab")
    }

    @Test("the server learns where the client is, and through whom it came")
    func forwardedFor() throws {
        #expect(
            try Self.forwarded(.GET, "/x", from: "127.0.0.1") == "GET /x HTTP/1.1\r\nx-forwarded-for: 127.0.0.1\r\n\r\n"
        )
        #expect(
            try Self.forwarded(.GET, "/x", ["X-Forwarded-For": "1.2.3.4 ", "x-forwarded-for": "::2"], from: "::1")
                == "GET /x HTTP/1.1\r\nx-forwarded-for: 1.2.3.4, ::2, ::1\r\n\r\n")
    }

    @Test(
        "which methods and paths reach a server depends on what it is",
        arguments: [
            (.scoring, .POST, "/score", 0), (.scoring, .GET, "/score", 405), (.scoring, .GET, "/swagger.json", 0),
            (.scoring, .POST, "/swagger.json", 405), (.scoring, .GET, "/", 404), (.inferenceServer, .GET, "/score", 0),
            (.inferenceServer, .OPTIONS, "/score", 0), (.inferenceServer, .PUT, "/score", 405),
            (.inferenceServer, .GET, "/", 0), (.inferenceServer, .POST, "/", 405), (.inferenceServer, .GET, "/v1", 404),
            (.all, .PUT, "/score", 0), (.all, .PATCH, "/v1/x", 0), (.all, .TRACE, "/score", 405),
        ] as [(ServerRoutes, HTTPMethod, String, Int)])
    func reach(_ routes: ServerRoutes, _ method: HTTPMethod, _ uri: String, _ status: Int) {
        let head = HTTPRequestHead(
            version: .http1_1, method: method, uri: uri, headers: ["host": "a", "authorization": "Bearer key"])
        do throws(PlatformAnswer) {
            _ = try IncomingRequest(head, on: .sample(routes))
            #expect(status == 0)
        } catch {
            #expect(error.status == status)
        }
    }

    @Test("what goes to a model server has neither the credential nor what belongs to the client's connection")
    func forwarded() throws {
        let request = try IncomingRequest(
            Self.head([
                "Authorization": "bEARER  key", "Host": "mine", "Content-Type": "application/json",
                "Connection": "x-mine", "X-Mine": "1", "Transfer-Encoding": "chunked", "Keep-Alive": "5",
                "X-Request-ID": "forged", "azureml-model-deployment": "blue", "accept": "*/*",
            ]), on: .sample())
        #expect(!request.append(ByteBuffer(string: "{")))
        #expect(request.append(ByteBuffer(string: "}")))
        #expect(request.separateBody == nil)
        let destination = try #require(request.model)
        #expect(
            String(buffer: .composed { request.write(destination, to: &$0, for: Self.instance()) })
                == "POST /p HTTP/1.1\r\nhost: [::1]:9\r\nContent-Type: application/json\r\n"
                + "azureml-model-deployment: blue\r\naccept: */*\r\nx-request-id: \(request.id)\r\n"
                + "content-length: 2\r\n\r\n{}")
    }

    @Test("request ids are GUIDs of version 4, all different")
    func ids() throws {
        var ids = RequestIDs()
        var seen: Set<RequestID> = []
        for _ in 0..<10_000 { seen.insert(ids.next()) }
        #expect(seen.count == 10_000)
        let pattern = /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/
        #expect(seen.allSatisfy { $0.description.wholeMatch(of: pattern) != nil })
        #expect(Set(seen.map(\.description)).count == 10_000)
    }

    @Test("a message that needs more memory than there is gets it")
    func longMessages() {
        var buffer = ByteBuffer(string: "what was there before")
        for length in [0, 10, 5000, 3, 100_000] {
            let text = String(repeating: "x", count: length)
            buffer.compose { writer in
                writer.writeField("name", text)
                writer.write(ByteBuffer(string: "end"))
            }
            #expect(String(buffer: buffer) == "name: \(text)\r\nend")
        }
    }

    @Test(
        "what a field means is told by its name",
        arguments: [
            ("Host", .host), ("content-LENGTH", .contentLength), ("Te", .hop), ("x-request-ID", .requestID),
            ("content-type", .contentType), ("X-Forwarded-For", .forwardedFor), ("hos", .other), ("hostt", .other),
            ("", .other), ("höst", .other),
            ("x-ms-run-function-failed", .functionFailed), ("azureml-model-deploymenT", .deployment),
        ] as [(String, HeaderKind)])
    func kinds(_ name: String, _ kind: HeaderKind) { #expect(HeaderKind(name) == kind) }

    @Test("numbers, dates and masks are written as they are read")
    func texts() {
        for number in [0, 7, 10, 99, 1_234_567, Int.max] {
            #expect(String(buffer: .composed { $0.writeDecimal(number) }) == "\(number)")
        }
        #expect(String(buffer: .composed { $0.writeMilliseconds(nanoseconds: 12_045_678) }) == "12.045")
        #expect(HTTPDate.text(at: Timestamp(milliseconds: 784_111_777_000)) == "Sun, 06 Nov 1994 08:49:37 GMT")
        #expect(CPUSet.count(in: "Name:\tx\nCpus_allowed:\t00000001,80000003\n") == 4)
    }
}

extension DataLoop {
    /// One that knows the endpoint `houses`, with the key `key`.
    static func sample(_ routes: ServerRoutes = .all) -> DataLoop {
        let shared = DataPlaneShared(comparisons: Comparisons(pool: NIOThreadPool(numberOfThreads: 1)), bandwidth: nil)
        let loop = DataLoop(
            eventLoop: EmbeddedEventLoop(), limits: DataPlaneLimits(), logsRequests: false, shared: shared)
        let target: InstanceTarget =
            routes == .scoring
            ? .simulated(SimulatedServer(profile: DeploymentProfile(), ready: Timestamp(milliseconds: 0)))
            : .server(ServerAddress(.tcp(host: "127.0.0.1", port: 9), routes: routes))
        var endpoint = EndpointRoute.sample(traffic: ["blue": 100])
        endpoint.deployments[0].instances = [InstanceRoute(id: "instance-0", target: target, isReady: true)]
        shared.install(RoutingTable(endpoints: [endpoint])) { loop.exchange($0) }
        return loop
    }
}

@Suite("Comparison of a shadow's answers")
struct DataComparisonTests {
    private static func agree(
        _ left: String, _ right: String, limit: Int = 1 << 20, within tolerance: Double = 0
    ) -> Bool {
        var bodies = (ComparedBody(limit: limit), ComparedBody(limit: limit))
        for byte in left.utf8.chunks(of: 7) { bodies.0.append(ByteBuffer(bytes: byte)) }
        for byte in right.utf8.chunks(of: 5) { bodies.1.append(ByteBuffer(bytes: byte)) }
        return bodies.0.agrees(with: bodies.1, within: tolerance)
    }

    @Test(
        "bodies agree if a client could not tell them apart",
        arguments: [
            ("[1, 2]", "[1, 2]", true), ("[1, 2]", "[1,2]", true), ("[1]", "[1.0]", true), ("[1]", "[2]", false),
            (#"{"a": 1, "b": 2}"#, #"{"b":2,"a":1}"#, true), ("text", "text", true), ("text", "texts", false),
            (#"{"deployment": "blue", "y": 1}"#, #"{"deployment": "green", "y": 1}"#, true),
            (#"{"in": {"deployment": "blue"}}"#, #"{"in": {"deployment": "green"}}"#, false), ("", "", true),
        ])
    func bodies(_ left: String, _ right: String, _ agree: Bool) {
        #expect(Self.agree(left, right) == agree)
        #expect(Self.agree(right, left) == agree)
    }

    @Test(
        "numbers agree as far as the tolerance lets them, relative to the larger one",
        arguments: [
            ("[100]", "[101]", 0.01, true), ("[100]", "[101.1]", 0.01, false), ("[-100]", "[-99.5]", 0.01, true),
            (#"{"a": [1e9]}"#, #"{"a": [1000000001]}"#, 1e-6, true), ("[0]", "[1e-9]", 1e-6, false),
            ("[0]", "[-0.0]", 0, true), ("[1, 2]", "[1]", 1, false), (#"["1"]"#, "[1]", 1, false),
            ("[true]", "[1]", 1, false), (#"{"a": 1}"#, #"{"b": 1}"#, 1, false), ("1", "1.0000001", 1e-6, true),
            ("[9007199254740993]", "[9007199254740992]", 0, true), ("[1]", "[2]", 0, false),
        ])
    func tolerance(_ left: String, _ right: String, _ tolerance: Double, _ agree: Bool) {
        #expect(Self.agree(left, right, within: tolerance) == agree)
        #expect(Self.agree(right, left, within: tolerance) == agree)
    }

    @Test("long bodies are compared by digest, whichever of them was held")
    func digests() {
        let long = String(repeating: "0123456789", count: 100)
        #expect(Self.agree(long, long, limit: 64))
        #expect(!Self.agree(long, long + "x", limit: 64))
        var digested = ComparedBody(limit: 10)
        digested.append(ByteBuffer(string: long))
        #expect(digested.agrees(with: ComparedBody(ByteBuffer(string: long)), within: 0))
        #expect(!ComparedBody(ByteBuffer(string: long + "y")).agrees(with: digested, within: 1))
    }
}

extension Collection {
    fileprivate func chunks(of length: Int) -> [[Element]] {
        var rest = self[...]
        var chunks: [[Element]] = []
        while !rest.isEmpty {
            chunks.append(Array(rest.prefix(length)))
            rest = rest.dropFirst(length)
        }
        return chunks
    }
}

@Suite("How often a request is tried")
struct DataRetryTests {
    @Test("every other instance may be tried where no connection was made")
    func unreachable() {
        var budget = RetryBudget()
        #expect((0..<3).map { _ in budget.mayRetry(after: .unreachable, instances: 3) } == [true, true, false])
    }

    @Test("one that ended without an answer is asked again once, after a used connection was excluded")
    func unanswered() {
        var budget = RetryBudget()
        let tries = [true, false, false].map { budget.mayRetry(after: .unanswered(reused: $0), instances: 1) }
        #expect(tries == [true, true, false])
        #expect(budget.needsNewConnection)
    }

    @Test("an answer that has begun is never asked for again")
    func broken() {
        var budget = RetryBudget()
        let mayRetry = budget.mayRetry(after: .broken, instances: 5)
        #expect(!mayRetry)
    }
}
