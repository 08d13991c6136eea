internal import FoundationEssentials
package import HTTPTransport
package import Logging
package import RolloutEngine
package import Rollouts

/// A client for the API of one cluster, acting as one user, which translates error responses into ``KubernetesError``.
///
/// Requests that are safe to repeat are retried a few times with growing pauses: those that were rejected unprocessed
/// (429,
/// or a connection that was not accepted), and reads that failed. A write with an unknown outcome is never repeated: it
/// fails as ``KubernetesError/Code/unavailable``, and reading the object shows the outcome.
package final class KubernetesClient: Sendable {
    /// The manager of the fields that Turnout applies.
    package static let fieldManager = "turnout"

    /// The default namespace.
    package let namespace: String
    /// The source of the cluster and user for display: `context kind-dev of ~/.kube/config`.
    package let origin: String

    let transport: any Transport
    private let root: String
    let credentials: Credentials
    let clock: any RunClock
    let pauses: Pauses
    let logger: Logger

    /// Creates a client.
    ///
    /// - Parameters:
    ///   - configuration: The cluster, the namespace and the user.
    ///   - transport: Replaces the network in tests.
    ///   - clock: Times the pauses before retries and the expiry of credentials.
    ///   - pauses: The number of attempts and the pauses between them.
    ///   - logger: Logs every request at `trace` and failures at `debug`.
    /// - Throws: ``KubernetesError`` if a certificate cannot be read.
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

    /// Closes the connections.
    ///
    /// The client must not be used afterwards.
    package func close() async { await transport.close() }
}

/// The number of attempts of a request and the pauses between them.
package struct Pauses: Sendable {
    /// The maximum number of attempts.
    ///
    /// Default: 5.
    package var tries = 5
    package var first = Interval.milliseconds(250)
    package var longest = Interval.seconds(10)
    /// The longest `Retry-After` that is respected.
    ///
    /// Default: 60 s.
    package var longestRetryAfter = Interval.seconds(60)
    /// A random number in 0..<1, so that runners that failed together do not retry together.
    package var dice: @Sendable () -> Double

    package init(dice: @escaping @Sendable () -> Double = { Double.random(in: 0..<1) }) { self.dice = dice }

    /// The pause after this number of failures, half of it random.
    func after(_ failures: Int) -> Interval {
        let doubled = first * (1 << Int64(min(max(failures - 1, 0), 20)))
        let whole = min(doubled, longest).milliseconds
        return .milliseconds(whole / 2 + Int64(Double(whole) / 2 * dice()))
    }

    /// The server's requested wait within bounds, plus up to a tenth at random.
    func asked(_ wait: Interval) -> Interval {
        let bounded = min(max(wait, .milliseconds(100)), longestRetryAfter).milliseconds
        return .milliseconds(bounded + Int64(Double(bounded) / 10 * dice()))
    }
}

/// A request without the parts that all requests have in common.
struct Call: Sendable {
    var method: HTTPRequest.Method
    var path: APIPath
    /// A description for messages: `apply deployments.apps houses-blue`.
    var words: String
    var body: Data?
    var contentType = "application/json"
    var accept = "application/json"
    var headers: [(name: String, value: String)] = []
    var timeout: Interval
    /// The maximum size of the response body in bytes.
    var limit = 64 << 20
    /// Whether the request may be repeated even if it may already have taken effect.
    var isRepeatable: Bool { method == .get || repeats }
    /// Set for requests that have no effect although they are not reads.
    var repeats = false
    /// Whether a server behind the API server responds, and any status is a valid response.
    var isProxied = false
    /// The maximum number of attempts; `nil` for the default.
    var tries: Int?

    init(_ method: HTTPRequest.Method, _ path: APIPath, _ words: String, body: Value? = nil) {
        self.method = method
        self.path = path
        self.words = words
        self.body = body.map(JSONWriter.data)
        // The server times out after a minute and reports that: writers wait for the report.
        timeout = method == .get ? .seconds(30) : .seconds(65)
    }
}

extension KubernetesClient {
    /// Sends a request, with retries if that is safe, and reads the response body; throws ``KubernetesError`` for an
    /// error.
    func collect(_ call: Call) async throws -> BufferedResponse {
        try await attempt(call) { try await Self.whole($0, call) }
    }

    /// Works like ``collect(_:)`` and parses the response.
    func value(_ call: Call) async throws -> Value {
        let answer = try await collect(call)
        do {
            return try JSONReader.value(answer.body)
        } catch {
            throw malformed(answer, call, error)
        }
    }

    func malformed(_ answer: BufferedResponse, _ call: Call, _ problem: JSONProblem) -> KubernetesError {
        KubernetesError(
            .malformedResponse, "the response is not valid JSON: \(problem)", status: answer.status, request: call.words
        )
    }

    func object(_ call: Call) async throws -> KubernetesObject { KubernetesObject(try await value(call)) }

    /// Sends until `read` gets a successful response, a retry is not safe, or the attempts are used up.
    func attempt<Result: Sendable>(
        _ call: Call, _ read: @escaping @Sendable (StreamedResponse) async throws -> Result
    ) async throws -> Result {
        var failures = 0
        var refused: Credential?
        var startUp = StartUpCheck()
        while true {
            let credential = try await credentials.current(insteadOf: refused)
            do {
                return try await once(call, as: credential, read)
            } catch let error as KubernetesError {
                if error.mayComeFromStartup,
                    try await startUp.shouldRetry(after: error, by: self, as: credential)
                {
                    continue
                }
                failures += 1
                logger.debug("request failed", metadata: ["request": "\(call.words)", "error": "\(error.message)"])
                if error.code == .unauthorized, refused == nil, credentials.canChange {
                    // A credential may be revoked before it expires: retry once with a new one.
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

    /// The pause before the next attempt; `nil` if the request is not repeated.
    private func pause(after error: KubernetesError, _ failures: Int, of call: Call) -> Interval? {
        switch error.code {
        case .tooManyRequests(let wait): max(pauses.asked(wait), pauses.after(failures))
        case .unreachable: pauses.after(failures)
        case .unavailable where call.isRepeatable: pauses.after(failures)
        default: nil
        }
    }

    func once<Result: Sendable>(
        _ call: Call, as credential: Credential, _ read: @escaping @Sendable (StreamedResponse) async throws -> Result
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
            // A body from a proxy in between is not meant for people: only the status is reported then.
            let status = (try? JSONReader.value(bytes)).flatMap(StatusResponse.init)
            if call.isProxied, status == nil, answer.status != 401 {
                return try await read(
                    StreamedResponse(status: answer.status, headers: answer.headers, body: HTTPBody([Array(bytes)])))
            }
            let wait = answer["Retry-After"].flatMap { RetryAfter.wait($0, now: clock.now()) }
            throw KubernetesError(answer.status, status, retryAfter: wait, request: call.words)
        } catch let failure as TransportFailure {
            throw KubernetesError(failure, request: call.words)
        }
    }

    private static func whole(_ answer: StreamedResponse, _ call: Call) async throws -> BufferedResponse {
        try await answer.collect(upTo: call.limit, by: .now + longestBody.duration)
    }

    /// The time for reading the body after the head of a response.
    private static let longestBody = Interval.minutes(2)

    static let userAgent = "turnout/\(version)"
    /// The program's version, as printed by `turnout --version`.
    package static let version = "0.1.0"
}
