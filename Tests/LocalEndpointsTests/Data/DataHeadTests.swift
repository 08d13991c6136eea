import NIOCore
import NIOEmbedded
import NIOHTTP1
import NIOPosix
import Rollouts
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
        _ = try RequestFacts(Self.head([:], version: .http1_0))
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
            ("/score", .score(endpoint: nil)), ("/score?a=b", .score(endpoint: nil)),
            ("/endpoints/houses/score", .score(endpoint: "houses")),
            ("/endpoints/houses/swagger.json?x", .swagger(endpoint: "houses")),
            ("http://127.0.0.1:1/endpoints/houses/score", .score(endpoint: "houses")),
            ("/metrics", .metrics), ("/healthz", .health), ("/readyz", .readiness), ("/", .unknown), ("*", .unknown),
            ("http://a", .unknown), ("/endpoints//score", .unknown), ("/endpoints/a/b/score", .unknown),
            ("/Score", .unknown), ("", .unknown),
        ] as [(String, RequestTarget)])
    func targets(_ uri: String, _ target: RequestTarget) { #expect(RequestTarget(uri: uri) == target) }

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
        let instance = Instance(
            InstanceRoute(
                id: "instance-0", target: .server(ServerAddress(.tcp(host: "::1", port: 9), scoringPath: "/p")),
                isReady: true))
        #expect(request.separateBody == nil)
        #expect(
            String(buffer: .composed { request.write(.score, to: &$0, for: instance) })
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
            ("content-type", .other), ("hos", .other), ("hostt", .other), ("", .other), ("höst", .other),
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
    static func sample() -> DataLoop {
        let shared = DataPlaneShared(comparisons: Comparisons(pool: NIOThreadPool(numberOfThreads: 1)), bandwidth: nil)
        let loop = DataLoop(
            eventLoop: EmbeddedEventLoop(), limits: DataPlaneLimits(), logsRequests: false, shared: shared)
        shared.install(RoutingTable(endpoints: [.sample(traffic: ["blue": 100])])) { loop.exchange($0) }
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
        #expect(budget.wantsFreshConnection)
    }

    @Test("an answer that has begun is never asked for again")
    func broken() {
        var budget = RetryBudget()
        let mayRetry = budget.mayRetry(after: .broken, instances: 5)
        #expect(!mayRetry)
    }
}
