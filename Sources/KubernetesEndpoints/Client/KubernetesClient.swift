internal import FoundationEssentials
package import HTTPTransport
package import Logging
package import RolloutEngine
package import Rollouts

/// The API of one cluster: sends requests as one user, reads answers, and makes errors of refusals.
///
/// What is safe to send again is sent again a few times, with growing pauses: every request that was turned away before
/// it was looked at (429, or a connection that nobody took), and reads that failed. A write whose outcome nobody knows
/// is never sent twice: it fails as ``KubernetesError/Code/unavailable``, and a look at the object tells.
package final class KubernetesClient: Sendable {
    /// Who is said to manage the fields that are applied.
    package static let fieldManager = "turnout"

    /// The namespace that is meant where none is named.
    package let namespace: String
    /// Where the cluster and the user come from, for people: `context kind-dev of ~/.kube/config`.
    package let origin: String

    let transport: any Transport
    private let root: String
    let credentials: Credentials
    let clock: any RunClock
    let pauses: Pauses
    let logger: Logger

    /// - Parameters:
    ///   - configuration: The cluster, the namespace and the user.
    ///   - transport: For tests: what stands for the network.
    ///   - clock: Tells how long to wait before another try, and when credentials expire.
    ///   - pauses: How often and after how long something is tried again.
    ///   - logger: Told of every request at `trace`, of failures at `debug`.
    /// - Throws: ``KubernetesError`` where a certificate can't be read.
    package init(
        _ configuration: ClusterConfiguration, transport: (any Transport)? = nil,
        clock: any RunClock = SystemClock(), pauses: Pauses = Pauses(),
        logger: Logger = Logger(label: "turnout.kubernetes")
    ) throws(KubernetesError) {
        namespace = configuration.namespace
        origin = configuration.origin
        root = configuration.root
        self.transport = if let transport { transport } else { try configuration.transport() }
        credentials = Credentials(configuration, clock: clock)
        self.clock = clock
        self.pauses = pauses
        self.logger = logger
    }

    /// Ends the connections; the client is not used any more.
    package func close() async { await transport.close() }
}

/// How often and after how long a request is sent again.
package struct Pauses: Sendable {
    /// How often a request is sent at most.
    package var tries = 5
    package var first = Interval.milliseconds(250)
    package var longest = Interval.seconds(10)
    /// The longest time that a server is let make its clients wait.
    package var longestAsked = Interval.seconds(60)
    /// A number in 0..<1: runners that failed together don't come back together.
    package var dice: @Sendable () -> Double

    package init(dice: @escaping @Sendable () -> Double = { Double.random(in: 0..<1) }) { self.dice = dice }

    /// The pause after that many failures, half of it by chance.
    func after(_ failures: Int) -> Interval {
        let doubled = first * (1 << Int64(min(max(failures - 1, 0), 20)))
        let whole = min(doubled, longest).milliseconds
        return .milliseconds(whole / 2 + Int64(Double(whole) / 2 * dice()))
    }

    /// What the server asked for, within bounds, and up to a tenth more by chance.
    func asked(_ wait: Interval) -> Interval {
        let bounded = min(max(wait, .milliseconds(100)), longestAsked).milliseconds
        return .milliseconds(bounded + Int64(Double(bounded) / 10 * dice()))
    }
}

/// A request without what every request has.
struct Call: Sendable {
    var method: HTTPRequest.Method
    var path: APIPath
    /// For people: `apply deployments.apps houses-blue`.
    var words: String
    var body: Data?
    var contentType = "application/json"
    var accept = "application/json"
    var headers: [(name: String, value: String)] = []
    var timeout: Interval
    /// Bytes of the answer's body; more is an error.
    var limit = 64 << 20
    /// True where a failure that may have come after the effect is no reason not to send it again.
    var isRepeatable: Bool { method == .get || repeats }
    /// For requests that have no effect although they are no reads.
    var repeats = false
    /// True where somebody behind the API server answers, whose refusals are answers.
    var isProxied = false
    /// How often it is sent at most, where that is not as often as usual.
    var tries: Int?

    init(_ method: HTTPRequest.Method, _ path: APIPath, _ words: String, body: Value? = nil) {
        self.method = method
        self.path = path
        self.words = words
        self.body = body.map(JSONWriter.data)
        // The server gives up by itself after a minute, and then says so: who writes waits for that.
        timeout = method == .get ? .seconds(30) : .seconds(65)
    }
}

extension KubernetesClient {
    /// Sends, again where that is safe, and reads the answer's body; throws ``KubernetesError`` for a refusal.
    func collect(_ call: Call) async throws -> WholeAnswer {
        try await attempt(call) { try await Self.whole($0, call) }
    }

    /// As ``collect(_:)``, for an answer that is a value.
    func value(_ call: Call) async throws -> Value {
        let answer = try await collect(call)
        do {
            return try JSONReader.value(answer.body)
        } catch {
            throw malformed(answer, call, error)
        }
    }

    func malformed(_ answer: WholeAnswer, _ call: Call, _ problem: JSONProblem) -> KubernetesError {
        KubernetesError(
            .malformedAnswer, "the answer is no JSON: \(problem)", status: answer.status, request: call.words)
    }

    func object(_ call: Call) async throws -> KubernetesObject { KubernetesObject(try await value(call)) }

    /// Sends until `read` has an answer that is no refusal, or trying again is not safe or was tried enough.
    func attempt<Result: Sendable>(
        _ call: Call, _ read: @escaping @Sendable (StreamedAnswer) async throws -> Result
    ) async throws -> Result {
        var failures = 0
        var refused: Credential?
        var startUp = StartUpCheck()
        while true {
            let credential = try await credentials.current(insteadOf: refused)
            do {
                return try await once(call, as: credential, read)
            } catch let error as KubernetesError {
                if error.mayBeOfStartUp,
                    try await startUp.isToBeTriedAgain(after: error, by: self, as: credential)
                {
                    continue
                }
                failures += 1
                logger.debug("request failed", metadata: ["request": "\(call.words)", "error": "\(error.message)"])
                if error.code == .unauthorized, refused == nil, credentials.canChange {
                    // A credential may expire before its time: one more try with another.
                    refused = credential
                    continue
                }
                guard failures < call.tries ?? pauses.tries, let pause = pause(after: error, failures, of: call) else {
                    throw error
                }
                try await clock.sleep(until: clock.now() + pause)
            }
        }
    }

    /// How long to wait until the request is sent again; nil where it isn't.
    private func pause(after error: KubernetesError, _ failures: Int, of call: Call) -> Interval? {
        switch error.code {
        case .tooManyRequests(let wait): max(pauses.asked(wait), pauses.after(failures))
        case .unreachable: pauses.after(failures)
        case .unavailable where call.isRepeatable: pauses.after(failures)
        default: nil
        }
    }

    func once<Result: Sendable>(
        _ call: Call, as credential: Credential, _ read: @escaping @Sendable (StreamedAnswer) async throws -> Result
    ) async throws -> Result {
        var request = HTTPRequest(
            call.method, root + call.path.description, headers: call.headers, body: call.body,
            identity: credential.identity, timeout: call.timeout)
        request.headers.append(("Accept", call.accept))
        request.headers.append(("User-Agent", Self.userAgent))
        if call.body != nil { request.headers.append(("Content-Type", call.contentType)) }
        if let authorization = credential.authorization { request.headers.append(("Authorization", authorization)) }
        do {
            let answer = try await transport.send(request)
            logger.trace(
                "answered",
                metadata: [
                    "method": "\(call.method.rawValue)", "path": "\(call.path)", "status": "\(answer.status)",
                ])
            if (200..<300).contains(answer.status) { return try await read(answer) }
            let bytes = try await Self.whole(answer, call).body
            // What a proxy in between writes is not for people: then there is only the number.
            let status = (try? JSONReader.value(bytes)).flatMap(StatusAnswer.init)
            if call.isProxied, status == nil, answer.status != 401 {
                return try await read(
                    StreamedAnswer(status: answer.status, headers: answer.headers, body: HTTPBody([Array(bytes)])))
            }
            let wait = answer["Retry-After"].flatMap { RetryAfter.wait($0, now: clock.now()) }
            throw KubernetesError(answer.status, status, retryAfter: wait, request: call.words)
        } catch let failure as TransportFailure {
            throw KubernetesError(failure, request: call.words)
        }
    }

    private static func whole(_ answer: StreamedAnswer, _ call: Call) async throws -> WholeAnswer {
        try await answer.collect(upTo: call.limit, by: .now + longestBody.duration)
    }

    /// From an answer's head to its end, where that is waited for.
    private static let longestBody = Interval.minutes(2)

    static let userAgent = "turnout/\(version)"
    /// The program's, as `turnout --version` prints it.
    package static let version = "0.1.0"
}
